// V8 as a table of functions over bytes, for `library.rs`. Contracts see one function of the host.
//
// An isolate has one context at a time, with one contract. It is used by one thread at a time, but
// not by the same; `terminate` alone may be called beside a run.

#include <libplatform/libplatform.h>
#include <v8.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

#include "values.h"

using namespace v8;

namespace {

// What a function tells: equal to `Code` in `library.rs`.
enum Code : int32_t { kDone = 0, kRefused = 1, kStopped = 2, kNoMemory = 3 };

// How the host answers: equal to `Answer` in `library.rs`.
enum Answer : int32_t { kValue = 0, kThrow = 1, kEnd = 2 };

struct Span {
  const uint8_t* data;
  size_t length;
};

using Host = int32_t (*)(void* user, uint32_t operation, int64_t chunk, Span arguments, Span* reply);

// Bytes of arrays, counted and capped. The engine collects garbage and asks again where it gets
// nothing; what is refused so often is no garbage.
class Memory : public ArrayBuffer::Allocator {
 public:
  explicit Memory(size_t limit) : limit_(limit) {}

  void* Allocate(size_t length) override {
    return Admit(length) ? std::calloc(1, length ? length : 1) : nullptr;
  }

  void* AllocateUninitialized(size_t length) override {
    return Admit(length) ? std::malloc(length ? length : 1) : nullptr;
  }

  void Free(void* data, size_t length) override {
    used_ -= length;
    std::free(data);
  }

  size_t used() const { return used_; }

  bool is_exceeded() const { return refusals_ > 0; }

  void forgive() { refusals_ = 0; }

 private:
  bool Admit(size_t length) {
    if (length > limit_ - used_) return ++refusals_, false;
    if (refusals_ < kRefusalsMax) refusals_ = 0;
    used_ += length;
    return true;
  }

  // How often the engine asks for the same.
  static constexpr int kRefusalsMax = 4;

  const size_t limit_;
  size_t used_ = 0;
  int refusals_ = 0;
};

struct Blob {
  StartupData data{nullptr, 0};
  ~Blob() { delete[] data.data; }
};

struct Unit {
  Isolate* isolate = nullptr;
  std::unique_ptr<Memory> memory;
  Global<Context> context;
  Global<Function> runner;
  Global<Value> factory;
  std::vector<uint8_t> out, arguments;
  Host host = nullptr;
  void* user = nullptr;
  std::atomic<bool> must_stop{false};
  bool is_full = false;
};

std::unique_ptr<Platform> platform_;

Span SpanOf(const std::vector<uint8_t>& bytes) { return {bytes.data(), bytes.size()}; }

void Tell(Unit* unit, const char* text, size_t length) {
  auto bytes = reinterpret_cast<const uint8_t*>(text);
  unit->out.assign(bytes, bytes + length);
}

void Tell(Unit* unit, Local<Value> thrown) {
  String::Utf8Value text(unit->isolate, thrown);
  if (*text) Tell(unit, *text, text.length());
}

MaybeLocal<String> TextOf(Isolate* isolate, Span text) {
  auto from = reinterpret_cast<const char*>(text.data);
  return String::NewFromUtf8(isolate, from, NewStringType::kNormal, int(text.length));
}

// The one function through which a script reaches the machine. Its first argument is for engines
// that cannot make a bigint themselves; then come the operation, the chunk, and the arguments. What
// a script may catch is thrown as a text, of which the prelude makes an error; what is no data is
// refused without one.
void Operate(const FunctionCallbackInfo<Value>& call) {
  Isolate* isolate = call.GetIsolate();
  auto unit = static_cast<Unit*>(isolate->GetData(0));
  auto context = isolate->GetCurrentContext();
  if (unit == nullptr || unit->host == nullptr || call.Length() < 3) return;
  std::vector<uint8_t>& arguments = unit->arguments;
  arguments.clear();
  braid::Writer writer(isolate, context, &arguments);
  writer.Kind('l');
  writer.Length(call.Length() - 3);
  for (int i = 3; i < call.Length(); i++) {
    if (!writer.Value(call[i], braid::kDepthMax)) {
      return void(isolate->ThrowException(Undefined(isolate)));
    }
  }
  uint32_t operation = call[1]->Uint32Value(context).FromMaybe(~0u);
  int64_t chunk = call[2]->IntegerValue(context).FromMaybe(0);
  Span reply{nullptr, 0};
  switch (unit->host(unit->user, operation, chunk, SpanOf(arguments), &reply)) {
    case kValue: {
      Local<Value> value;
      braid::Reader reader(isolate, context, unit->memory.get(), reply.data, reply.length);
      if (reader.Value(braid::kDepthMax).ToLocal(&value)) return call.GetReturnValue().Set(value);
      unit->is_full = true;
      break;
    }
    case kThrow: {
      Local<String> text;
      if (TextOf(isolate, reply).ToLocal(&text)) return void(isolate->ThrowException(text));
      unit->is_full = true;
      break;
    }
    default: break;
  }
  // Nothing of the script runs any more, up to the next look of the engine at what it is asked.
  isolate->TerminateExecution();
  isolate->ThrowException(Undefined(isolate));
}

// Whether a text has no lone surrogates; they become U+FFFD in `units`.
bool Mend(std::vector<uint16_t>* units) {
  bool is_well = true;
  for (size_t i = 0; i < units->size(); i++) {
    uint16_t& unit = (*units)[i];
    if (unit < 0xd800 || unit > 0xdfff) continue;
    bool is_pair = unit < 0xdc00 && i + 1 < units->size() && ((*units)[i + 1] & 0xfc00) == 0xdc00;
    if (is_pair) {
      i++;
    } else {
      unit = 0xfffd;
      is_well = false;
    }
  }
  return is_well;
}

// What `String.prototype` has since 2024, for the prelude: `isWellFormed`, or `toWellFormed` where
// the function carries no data.
void WellFormed(const FunctionCallbackInfo<Value>& call) {
  Isolate* isolate = call.GetIsolate();
  Local<String> text;
  if (!call.This()->ToString(isolate->GetCurrentContext()).ToLocal(&text)) return;
  bool asks = call.Data()->IsTrue();
  auto answer = [&](Local<Value> value) { call.GetReturnValue().Set(value); };
  if (text->IsOneByte()) return asks ? answer(True(isolate)) : answer(text);
  std::vector<uint16_t> units(text->Length());
  text->Write(isolate, units.data(), 0, int(units.size()), String::NO_NULL_TERMINATION);
  bool is_well = Mend(&units);
  if (asks) return answer(Boolean::New(isolate, is_well));
  if (is_well) return answer(text);
  auto kind = NewStringType::kNormal;
  Local<String> mended;
  if (String::NewFromTwoByte(isolate, units.data(), kind, int(units.size())).ToLocal(&mended)) {
    answer(mended);
  }
}

const intptr_t references_[] = {reinterpret_cast<intptr_t>(Operate),
                                reinterpret_cast<intptr_t>(WellFormed), 0};

// The heap is full: the script stops, with room to unwind, since the process would be ended else.
size_t NearLimit(void* data, size_t current, size_t) {
  auto unit = static_cast<Unit*>(data);
  unit->is_full = true;
  unit->isolate->TerminateExecution();
  return current * 2 + (16u << 20);
}

// Where a run of an isolate begins: the lock, the stack and a scope.
class Entered {
 public:
  Entered(Isolate* isolate, size_t stack_bytes)
      : locker_(isolate), scope_(isolate), handles_(isolate) {
    uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    isolate->SetStackLimit(here - stack_bytes);
  }

 private:
  Locker locker_;
  Isolate::Scope scope_;
  HandleScope handles_;
};

constexpr size_t kLoadStack = 4u << 20;

Local<String> Name(Isolate* isolate, const char* name) {
  return String::NewFromUtf8(isolate, name).ToLocalChecked();
}

// Gives texts the methods that this V8 may be too old for.
bool Complete(Isolate* isolate, Local<Context> context) {
  Local<Value> text, prototype;
  if (!context->Global()->Get(context, Name(isolate, "String")).ToLocal(&text)) return false;
  auto key = Name(isolate, "prototype");
  if (!text.As<Object>()->Get(context, key).ToLocal(&prototype)) return false;
  for (bool asks : {true, false}) {
    auto name = Name(isolate, asks ? "isWellFormed" : "toWellFormed");
    Local<Function> method;
    if (!Function::New(context, WellFormed, Boolean::New(isolate, asks)).ToLocal(&method)) return false;
    if (prototype.As<Object>()->Set(context, name, method).IsNothing()) return false;
  }
  return true;
}

// Runs the prelude, or tells what it throws.
bool Prepare(Isolate* isolate, SnapshotCreator* creator, Span prelude, std::string* error) {
  HandleScope handles(isolate);
  auto context = Context::New(isolate);
  Context::Scope entered(context);
  TryCatch caught(isolate);
  Local<String> text;
  Local<Script> script;
  Local<Value> made, runner;
  Local<Function> door;
  bool is_done = Complete(isolate, context) && TextOf(isolate, prelude).ToLocal(&text);
  if (is_done) {
    ScriptCompiler::Source source(text);
    is_done = ScriptCompiler::Compile(context, &source, ScriptCompiler::kEagerCompile)
                  .ToLocal(&script) &&
              script->Run(context).ToLocal(&made) && made->IsFunction() &&
              Function::New(context, Operate).ToLocal(&door);
  }
  if (is_done) {
    Local<Value> arguments[] = {door};
    auto self = Undefined(isolate);
    is_done = made.As<Function>()->Call(context, self, 1, arguments).ToLocal(&runner) &&
              runner->IsFunction();
  }
  if (!is_done) {
    String::Utf8Value what(isolate, caught.Exception());
    error->assign(*what ? *what : "the prelude gives no function");
    return false;
  }
  creator->AddData(context, runner.As<Function>());
  creator->SetDefaultContext(Context::New(isolate));
  creator->AddContext(context);
  return true;
}

// A context that has loaded the prelude and no contract.
bool Renew(Unit* unit) {
  Isolate* isolate = unit->isolate;
  unit->factory.Reset();
  unit->runner.Reset();
  unit->context.Reset();
  Local<Context> context;
  Local<Function> runner;
  if (!Context::FromSnapshot(isolate, 0).ToLocal(&context)) return false;
  if (!context->GetDataFromSnapshotOnce<Function>(0).ToLocal(&runner)) return false;
  context->AllowCodeGenerationFromStrings(false);
  unit->context.Reset(isolate, context);
  unit->runner.Reset(isolate, runner);
  return true;
}

// What a run that did not end by itself ended by.
Code CodeOf(Unit* unit, const TryCatch& caught) {
  if (unit->is_full || unit->memory->is_exceeded()) return kNoMemory;
  if (caught.HasTerminated() || unit->must_stop) return kStopped;
  Tell(unit, caught.Exception());
  return kRefused;
}

// Calls the function of the prelude with the contract, the name of a method and its arguments.
bool Call(Unit* unit, Local<Context> context, Span input, Local<Value>* result) {
  Isolate* isolate = unit->isolate;
  std::vector<Local<Value>> values{unit->factory.Get(isolate)};
  braid::Reader reader(isolate, context, unit->memory.get(), input.data, input.length);
  uint32_t length;
  if (!reader.ListLength(&length)) return false;
  for (uint32_t i = 0; i < length; i++) {
    Local<Value> value;
    if (!reader.Value(braid::kDepthMax).ToLocal(&value)) return unit->is_full = true, false;
    values.push_back(value);
  }
  auto runner = unit->runner.Get(isolate);
  auto self = Undefined(isolate);
  return runner->Call(context, self, int(values.size()), values.data()).ToLocal(result);
}

}  // namespace

// No threads beside those that run contracts; nothing that V8 would add to a context after it was
// taken from the snapshot, where the world is frozen already.
const char* const kFlags[] = {
    "--single-threaded",        "--no-expose-wasm",
    "--no-harmony-atomics",     "--no-harmony-sharedarraybuffer",
    "--no-harmony-object-has-own", "--no-harmony-relative-indexing-methods",
    "--no-harmony-array-find-last",
};

extern "C" {

static const char* Start(int32_t with_jit) {
  std::string version = V8::GetVersion();
  std::string built = std::to_string(V8_MAJOR_VERSION) + "." + std::to_string(V8_MINOR_VERSION) + ".";
  if (version.compare(0, built.size(), built) != 0) {
    static std::string error;
    error = "V8 " + version + " runs, the build was for " + built + "x";
    return error.c_str();
  }
  for (const char* flag : kFlags) V8::SetFlagsFromString(flag);
  if (!with_jit) V8::SetFlagsFromString("--jitless");
  platform_ = platform::NewSingleThreadedDefaultPlatform();
  V8::InitializePlatform(platform_.get());
  V8::Initialize();
  return nullptr;
}

static const char* Version() { return V8::GetVersion(); }

static Blob* Snapshot(Span prelude, const char** reason) {
  static thread_local std::string error;
  auto blob = std::make_unique<Blob>();
  {
    SnapshotCreator creator(references_);
    Isolate* isolate = creator.GetIsolate();
    isolate->SetMicrotasksPolicy(MicrotasksPolicy::kExplicit);
    uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    isolate->SetStackLimit(here - kLoadStack);
    bool is_done = Prepare(isolate, &creator, prelude, &error);
    if (!is_done) {
      HandleScope handles(isolate);
      creator.SetDefaultContext(Context::New(isolate));
    }
    blob->data = creator.CreateBlob(SnapshotCreator::FunctionCodeHandling::kKeep);
    if (!is_done) return *reason = error.c_str(), nullptr;
  }
  return blob.release();
}

static void Forget(Blob* blob) { delete blob; }

static void Close(Unit* unit) {
  {
    Locker lock(unit->isolate);
    Isolate::Scope entered(unit->isolate);
    unit->factory.Reset();
    unit->runner.Reset();
    unit->context.Reset();
  }
  platform::NotifyIsolateShutdown(platform_.get(), unit->isolate);
  unit->isolate->Dispose();
  delete unit;
}

static Unit* Open(Blob* blob, size_t heap_bytes, size_t array_bytes) {
  auto unit = new Unit;
  unit->memory = std::make_unique<Memory>(array_bytes);
  Isolate::CreateParams params;
  params.snapshot_blob = &blob->data;
  params.external_references = references_;
  params.array_buffer_allocator = unit->memory.get();
  params.constraints.ConfigureDefaultsFromHeapSize(0, heap_bytes);
  unit->isolate = Isolate::Allocate();
  unit->isolate->SetData(0, unit);
  Isolate::Initialize(unit->isolate, params);
  unit->isolate->SetMicrotasksPolicy(MicrotasksPolicy::kExplicit);
  unit->isolate->AddNearHeapLimitCallback(NearLimit, unit);
  bool is_done;
  {
    Entered entered(unit->isolate, kLoadStack);
    is_done = Renew(unit);
  }
  if (is_done) return unit;
  Close(unit);
  return nullptr;
}

static void Terminate(Unit* unit) {
  unit->must_stop = true;
  unit->isolate->TerminateExecution();
}

// Before a run may be terminated.
static void Arm(Unit* unit) { unit->must_stop = false; }

static int32_t Compile(Unit* unit, Span script, size_t stack_bytes, Span* out) {
  Isolate* isolate = unit->isolate;
  Entered entered(isolate, stack_bytes);
  auto context = unit->context.Get(isolate);
  Context::Scope scope(context);
  TryCatch caught(isolate);
  unit->out.clear();
  Local<String> text;
  Local<UnboundScript> made;
  Code code = kRefused;
  if (TextOf(isolate, script).ToLocal(&text)) {
    ScriptCompiler::Source source(text);
    auto eager = ScriptCompiler::kEagerCompile;
    if (ScriptCompiler::CompileUnboundScript(isolate, &source, eager).ToLocal(&made)) {
      std::unique_ptr<ScriptCompiler::CachedData> cache(ScriptCompiler::CreateCodeCache(made));
      unit->out.assign(cache->data, cache->data + cache->length);
      code = kDone;
    }
  }
  if (code != kDone) code = CodeOf(unit, caught);
  *out = SpanOf(unit->out);
  return code;
}

static int32_t Load(Unit* unit, Span script, Span cache, size_t stack_bytes, Span* out) {
  Isolate* isolate = unit->isolate;
  Entered entered(isolate, stack_bytes);
  unit->out.clear();
  *out = SpanOf(unit->out);
  if (!unit->factory.IsEmpty() && !Renew(unit)) return kNoMemory;
  auto context = unit->context.Get(isolate);
  Context::Scope scope(context);
  TryCatch caught(isolate);
  Local<String> text;
  Local<Script> made;
  Local<Value> factory;
  if (TextOf(isolate, script).ToLocal(&text)) {
    auto data = new ScriptCompiler::CachedData(cache.data, int(cache.length));
    ScriptCompiler::Source source(text, data);
    auto cached = ScriptCompiler::kConsumeCodeCache;
    if (ScriptCompiler::Compile(context, &source, cached).ToLocal(&made) &&
        made->Run(context).ToLocal(&factory)) {
      unit->factory.Reset(isolate, factory);
      return kDone;
    }
  }
  Code code = CodeOf(unit, caught);
  *out = SpanOf(unit->out);
  return code;
}

static int32_t Run(Unit* unit, size_t stack_bytes, Host host, void* user, Span input, Span* out) {
  Isolate* isolate = unit->isolate;
  Entered entered(isolate, stack_bytes);
  // What a watchdog asked for before the lock was taken is lost, so it is looked at again.
  isolate->CancelTerminateExecution();
  if (unit->must_stop) isolate->TerminateExecution();
  auto context = unit->context.Get(isolate);
  Context::Scope scope(context);
  TryCatch caught(isolate);
  unit->out.clear();
  unit->host = host;
  unit->user = user;
  Local<Value> result;
  bool is_done = Call(unit, context, input, &result);
  unit->host = nullptr;
  unit->user = nullptr;
  Code code = kDone;
  if (is_done) {
    braid::Writer writer(isolate, context, &unit->out);
    if (!writer.Value(result, braid::kDepthMax)) {
      const char reason[] = "the result of a run is no data";
      Tell(unit, reason, sizeof reason - 1);
      code = kRefused;
    }
  }
  if (!is_done || unit->is_full || unit->memory->is_exceeded()) code = CodeOf(unit, caught);
  isolate->CancelTerminateExecution();
  *out = SpanOf(unit->out);
  return code;
}

// Bytes in use, after garbage is collected where there are more than `bytes_max`.
static size_t Settle(Unit* unit, size_t bytes_max) {
  Isolate* isolate = unit->isolate;
  Entered entered(isolate, kLoadStack);
  while (platform::PumpMessageLoop(platform_.get(), isolate)) continue;
  auto used = [&] {
    HeapStatistics heap;
    isolate->GetHeapStatistics(&heap);
    return heap.used_heap_size() + unit->memory->used();
  };
  if (used() > bytes_max) isolate->LowMemoryNotification();
  return used();
}

struct Table {
  uint32_t version;
  const char* (*start)(int32_t with_jit);
  const char* (*engine_version)();
  Blob* (*snapshot)(Span prelude, const char** reason);
  void (*forget)(Blob* blob);
  Unit* (*open)(Blob* blob, size_t heap_bytes, size_t array_bytes);
  void (*close)(Unit* unit);
  void (*arm)(Unit* unit);
  void (*terminate)(Unit* unit);
  int32_t (*compile)(Unit* unit, Span script, size_t stack_bytes, Span* out);
  int32_t (*load)(Unit* unit, Span script, Span cache, size_t stack_bytes, Span* out);
  int32_t (*run)(Unit* unit, size_t stack_bytes, Host host, void* user, Span input, Span* out);
  size_t (*settle)(Unit* unit, size_t bytes_max);
};

__attribute__((visibility("default"))) const Table* braid_v8_table() {
  static const Table table = {1,         Start, Version, Snapshot, Forget, Open,  Close,
                              Arm,       Terminate, Compile, Load, Run,    Settle};
  return &table;
}

}  // extern "C"
