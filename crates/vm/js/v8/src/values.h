// Values as bytes, the same as in `codec.rs` of the strand: a byte for the kind; lengths and numbers
// of elements as four bytes, the largest first; numbers as eight, bigints as 32 after their sign.
#pragma once

#include <v8.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace braid {

// Levels of what crosses; the prelude refuses deeper values before.
constexpr int kDepthMax = 80;

class Writer {
 public:
  Writer(v8::Isolate* isolate, v8::Local<v8::Context> context, std::vector<uint8_t>* out)
      : isolate_(isolate), context_(context), out_(out) {}

  void Kind(char kind) { out_->push_back(static_cast<uint8_t>(kind)); }

  void Length(size_t length) { Word(static_cast<uint32_t>(length), 4); }

  // False for what is no data.
  bool Value(v8::Local<v8::Value> value, int depth) {
    if (value->IsUndefined()) return Kind('u'), true;
    if (value->IsNull()) return Kind('z'), true;
    if (value->IsBoolean()) return Kind(value->IsTrue() ? 't' : 'f'), true;
    if (value->IsNumber()) return Number(value.As<v8::Number>()->Value()), true;
    if (value->IsString()) return Kind('s'), Text(value.As<v8::String>()), true;
    if (value->IsBigInt()) return Big(value.As<v8::BigInt>());
    if (depth == 0) return false;
    if (value->IsArray()) return List(value.As<v8::Array>(), depth - 1);
    if (value->IsUint8Array()) return Bytes(value.As<v8::Uint8Array>()), true;
    if (value->IsFunction() || !value->IsObject()) return false;
    return Record(value.As<v8::Object>(), depth - 1);
  }

 private:
  void Word(uint64_t word, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out_->push_back(uint8_t(word >> shift));
  }

  // Room at the end of what is written.
  uint8_t* Grow(size_t bytes) {
    size_t at = out_->size();
    out_->resize(at + bytes);
    return out_->data() + at;
  }

  void Number(double number) {
    if (number != number) number = std::numeric_limits<double>::quiet_NaN();
    uint64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    Kind('n');
    Word(bits, 8);
  }

  void Text(v8::Local<v8::String> text) {
    int length = text->Utf8Length(isolate_);
    Length(length);
    char* to = reinterpret_cast<char*>(Grow(length));
    int flags = v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8;
    text->WriteUtf8(isolate_, to, length, nullptr, flags);
  }

  bool Big(v8::Local<v8::BigInt> big) {
    uint64_t words[4] = {};
    int sign = 0, count = 4;
    if (big->WordCount() > count) return false;
    big->ToWordsArray(&sign, &count, words);
    Kind(sign ? '-' : '+');
    for (int i = 3; i >= 0; i--) Word(words[i], 8);
    return true;
  }

  void Bytes(v8::Local<v8::Uint8Array> bytes) {
    size_t length = bytes->ByteLength();
    Kind('x');
    Length(length);
    bytes->CopyContents(Grow(length), length);
  }

  bool List(v8::Local<v8::Array> list, int depth) {
    uint32_t length = list->Length();
    Kind('l');
    Length(length);
    for (uint32_t i = 0; i < length; i++) {
      v8::Local<v8::Value> item;
      if (!list->Get(context_, i).ToLocal(&item) || !Value(item, depth)) return false;
    }
    return true;
  }

  bool Record(v8::Local<v8::Object> record, int depth) {
    v8::Local<v8::Array> names;
    auto filter = static_cast<v8::PropertyFilter>(v8::ONLY_ENUMERABLE | v8::SKIP_SYMBOLS);
    auto as_text = v8::KeyConversionMode::kConvertToString;
    if (!record->GetOwnPropertyNames(context_, filter, as_text).ToLocal(&names)) return false;
    Kind('r');
    Length(names->Length());
    for (uint32_t i = 0; i < names->Length(); i++) {
      v8::Local<v8::Value> name, value;
      if (!names->Get(context_, i).ToLocal(&name) || !name->IsString()) return false;
      Text(name.As<v8::String>());
      if (!record->Get(context_, name).ToLocal(&value) || !Value(value, depth)) return false;
    }
    return true;
  }

  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
  std::vector<uint8_t>* out_;
};

class Reader {
 public:
  Reader(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::ArrayBuffer::Allocator* memory,
         const uint8_t* at, size_t length)
      : isolate_(isolate), context_(context), memory_(memory), at_(at), end_(at + length) {}

  // Nothing where the bytes are no value, or the engine has no memory.
  v8::MaybeLocal<v8::Value> Value(int depth) {
    if (depth == 0 || at_ == end_) return {};
    switch (*at_++) {
      case 'u': return v8::Undefined(isolate_);
      case 'z': return v8::Null(isolate_);
      case 't': return v8::True(isolate_);
      case 'f': return v8::False(isolate_);
      case 'n': return Number();
      case '+': return Big(0);
      case '-': return Big(1);
      case 's': {
        v8::Local<v8::String> text;
        if (!Text().ToLocal(&text)) return {};
        return text;
      }
      case 'x': return Bytes();
      case 'l': return List(depth - 1);
      case 'r': return Record(depth - 1);
      default: return {};
    }
  }

  // The number of elements of a list, whose elements follow.
  bool ListLength(uint32_t* length) { return Take(1) && at_[-1] == 'l' && Length(length); }

 private:
  bool Take(size_t bytes) {
    if (size_t(end_ - at_) < bytes) return false;
    at_ += bytes;
    return true;
  }

  uint64_t Before(int bytes) {
    uint64_t word = 0;
    for (const uint8_t* from = at_ - bytes; from < at_; from++) word = word << 8 | *from;
    return word;
  }

  bool Length(uint32_t* length) {
    if (!Take(4)) return false;
    *length = static_cast<uint32_t>(Before(4));
    return *length <= size_t(end_ - at_);
  }

  v8::MaybeLocal<v8::Value> Number() {
    if (!Take(8)) return {};
    uint64_t bits = Before(8);
    double number;
    std::memcpy(&number, &bits, sizeof number);
    return v8::Number::New(isolate_, number);
  }

  v8::MaybeLocal<v8::Value> Big(int sign) {
    uint64_t words[4];
    for (int i = 3; i >= 0; i--) {
      if (!Take(8)) return {};
      words[i] = Before(8);
    }
    v8::Local<v8::BigInt> big;
    if (!v8::BigInt::NewFromWords(context_, sign, 4, words).ToLocal(&big)) return {};
    return big;
  }

  v8::MaybeLocal<v8::String> Text() {
    uint32_t length;
    if (!Length(&length) || !Take(length)) return {};
    auto from = reinterpret_cast<const char*>(at_ - length);
    return v8::String::NewFromUtf8(isolate_, from, v8::NewStringType::kNormal, int(length));
  }

  v8::MaybeLocal<v8::Value> Bytes() {
    uint32_t length;
    if (!Length(&length) || !Take(length)) return {};
    void* data = memory_->AllocateUninitialized(length);
    if (data == nullptr) return {};
    std::memcpy(data, at_ - length, length);
    auto free = [](void* data, size_t length, void* memory) {
      static_cast<v8::ArrayBuffer::Allocator*>(memory)->Free(data, length);
    };
    auto store = v8::ArrayBuffer::NewBackingStore(data, length, free, memory_);
    auto buffer = v8::ArrayBuffer::New(isolate_, std::move(store));
    return v8::Uint8Array::New(buffer, 0, length);
  }

  v8::MaybeLocal<v8::Value> List(int depth) {
    uint32_t length;
    if (!Length(&length)) return {};
    auto list = v8::Array::New(isolate_);
    for (uint32_t i = 0; i < length; i++) {
      v8::Local<v8::Value> item;
      if (!Value(depth).ToLocal(&item)) return {};
      if (list->CreateDataProperty(context_, i, item).IsNothing()) return {};
    }
    return list;
  }

  v8::MaybeLocal<v8::Value> Record(int depth) {
    uint32_t length;
    if (!Length(&length)) return {};
    auto record = v8::Object::New(isolate_);
    for (uint32_t i = 0; i < length; i++) {
      v8::Local<v8::String> name;
      v8::Local<v8::Value> value;
      if (!Text().ToLocal(&name) || !Value(depth).ToLocal(&value)) return {};
      if (record->CreateDataProperty(context_, name, value).IsNothing()) return {};
    }
    return record;
  }

  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
  v8::ArrayBuffer::Allocator* memory_;
  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace braid
