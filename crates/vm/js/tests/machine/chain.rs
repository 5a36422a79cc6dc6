//! What contracts do on a chain: calls by the interface, storage, coin, events, other contracts.

use std::sync::Arc;

use abi::{Interface, Method, Value};
use braid_vm_js::JsVm;
use primitives::{Address, Bytes, Gas, U256, Wei};
use vm::testkit::{MemoryHost, Run};
use vm::{Entry, HaltReason, Outcome, Status};

use crate::{halt, machine, message, unit};

const TOKEN: &str = "
class Token {
    init(owner, supply) { $__T(10); storage.put('owner', owner); storage.mapPut('balances', \
        owner, supply) }
    balanceOf(owner) { $__T(10); return storage.mapGet('balances', owner) ?? 0n }
    transfer(to, amount) {
        $__T(10);
        const from = blockchain.caller();
        const balance = this.balanceOf(from);
        if (op.lt(balance, amount)) throw new Error(op.cat('balance is ', balance));
        storage.mapPut('balances', from, op.sub(balance, amount));
        storage.mapPut('balances', to, op.add(this.balanceOf(to), amount));
        event.emit('Transfer', { from, to, amount });
        return true;
    }
    all(a, b, c, d, e) { $__T(10); return [a, b, c, d, e] }
    pay() { $__T(10); return blockchain.value() }
    wrong() { $__T(10); return 'text' }
}
return { default: Token }";

const SIGNATURES: [&str; 8] = [
    "constructor(address owner, uint256 supply)",
    "function balanceOf(address owner) view returns (uint256)",
    "function transfer(address to, uint256 amount) returns (bool)",
    "function all(int32 a, uint64 b, bytes c, (string name, bool[] flags) d, bytes4 e) returns \
        (int32, uint64, bytes, (string name, bool[] flags), bytes4)",
    "function pay() payable returns (uint256)",
    "function wrong() returns (uint256)",
    "function missing()",
    "event Transfer(address indexed from, address indexed to, uint256 amount)",
];

struct Chain {
    vm: JsVm,
    host: MemoryHost,
    code: Vec<u8>,
    interface: Interface,
}

impl Chain {
    fn new(signatures: &[&str], body: &str) -> Self {
        let interface = Interface::from_signatures(signatures).unwrap();
        let code = unit(signatures, body);
        Self { vm: machine(), host: MemoryHost::default(), code, interface }
    }

    fn token() -> Self {
        let mut chain = Self::new(&SIGNATURES, TOKEN);
        let arguments = [Value::from(MemoryHost::CALLER), Value::uint(100)];
        let input = chain.interface.encode_constructor(&arguments).unwrap();
        let deploy = Run { entry: Entry::Deploy, ..Run::call(&chain.code, &input) };
        let outcome = chain.host.run(&chain.vm, &deploy);
        assert_eq!(outcome.status, Status::Success, "{}", message(&outcome));
        chain
    }

    fn call(&mut self, method: &str, values: &[Value]) -> Outcome {
        let input = self.interface.method(method).unwrap().encode_call(values).unwrap();
        self.host.run(&self.vm, &Run::call(&self.code, &input))
    }

    fn results(&mut self, method: &str, values: &[Value]) -> Vec<Value> {
        let outcome = self.call(method, values);
        assert_eq!(outcome.status, Status::Success, "{method}: {}", message(&outcome));
        self.interface.method(method).unwrap().decode_output(&outcome.output).unwrap()
    }
}

fn other() -> Address {
    Address::from_evm([0x0b; 20].into())
}

/// The caller as a value of the wire, which names identities by 20 bytes.
fn on_the_wire(address: Address) -> Address {
    Address::from_evm(address.evm_alias())
}

#[test]
fn a_token_is_deployed_and_transferred() {
    // The wire carries 20 bytes of an address, the frame 32: the caller must be one of 20.
    let mut chain = Chain::new(&SIGNATURES, TOKEN);
    let caller = on_the_wire(MemoryHost::CALLER);
    let arguments = [Value::from(caller), Value::uint(100)];
    let input = chain.interface.encode_constructor(&arguments).unwrap();
    let deploy = Run { entry: Entry::Deploy, ..Run::call(&chain.code, &input) };
    assert_eq!(chain.host.run(&chain.vm, &deploy).status, Status::Success);
    assert_eq!(chain.results("balanceOf", &[Value::from(caller)]), [Value::uint(100)]);
    let refused = chain.call("transfer", &[Value::from(other()), Value::uint(1)]);
    assert_eq!((&refused.status, message(&refused)), (&Status::Revert, "balance is 0".to_owned()));
    assert!(chain.host.state.events.is_empty());
}

#[test]
fn values_of_every_type_go_in_and_come_back() {
    let mut chain = Chain::token();
    let values = [
        Value::int(-5),
        Value::Uint(U256::from(u64::MAX)),
        Value::bytes(vec![1, 2]),
        Value::Tuple(vec![Value::text("Zoë"), Value::Array(vec![Value::Bool(true)])]),
        Value::bytes(vec![1, 2, 3, 4]),
    ];
    assert_eq!(chain.results("all", &values), values);
    let zero = chain.call("wrong", &[]);
    assert_eq!(message(&zero), "the result of wrong: string is given for uint256");
    assert_eq!(
        message(&chain.call("missing", &[])),
        "TypeError: the contract has no method missing"
    );
}

#[test]
fn what_no_method_takes_is_refused() {
    let mut chain = Chain::token();
    let run = |chain: &mut Chain, input: &[u8], value: u64| {
        let value = Wei(U256::from(value));
        let outcome = chain.host.run(&chain.vm, &Run { value, ..Run::call(&chain.code, input) });
        (outcome.status.clone(), message(&outcome))
    };
    let none = "the contract has no method of this selector".to_owned();
    assert_eq!(run(&mut chain, b"", 0), (Status::Revert, none.clone()));
    assert_eq!(run(&mut chain, &[1, 2, 3, 4, 5], 0), (Status::Revert, none));
    let transfer = chain.interface.method("transfer").unwrap().selector();
    assert!(
        run(&mut chain, &transfer, 0).1.contains("but 32 are expected"),
        "{:?}",
        run(&mut chain, &transfer, 0)
    );
    let pay = chain.interface.method("pay").unwrap().selector();
    assert_eq!(run(&mut chain, &pay, 7).0, Status::Success);
    let owner = chain.interface.method("balanceOf").unwrap().encode_call(&[Value::from(other())]);
    assert_eq!(run(&mut chain, &owner.unwrap(), 7).1, "balanceOf(address) takes no coin");
}

/// One function that runs `body`, which returns a text.
fn text_of(host: &mut MemoryHost, body: &str) -> Outcome {
    let signatures = ["function f() returns (string)", "event Known(uint256 indexed a, string b)"];
    let code = unit(&signatures, &format!("return {{ f() {{ $__T(5); {body} }} }}"));
    let input = Method::parse("f()").unwrap().selector();
    host.run(&machine(), &Run::call(&code, &input))
}

fn shown_on(host: &mut MemoryHost, body: &str) -> String {
    let outcome = text_of(host, body);
    match &outcome.status {
        Status::Success => {
            let values = abi::solidity::decode(&outcome.output, &[&abi::Type::String]).unwrap();
            values[0].as_text().unwrap().to_owned()
        }
        Status::Revert => format!("reverts: {}", message(&outcome)),
        Status::Halt(reason) => format!("halts: {reason}"),
    }
}

#[test]
fn storage_keeps_values_and_maps() {
    let mut host = MemoryHost::default();
    let mut is =
        |body: &str, expected: &str| assert_eq!(shown_on(&mut host, body), expected, "{body}");
    is("return String([storage.get('a'), storage.has('a'), storage.del('a')])", ",false,false");
    is(
        "storage.put('a', { n: 1.5, b: 10n ** 30n, x: new Uint8Array([1]), l: [null, undefined, \
            true] }); return ''",
        "",
    );
    is(
        "const v = storage.get('a'); return [v.n, v.b, v.x, v.l.length, typeof v.l[1], \
            storage.has('a')].join(' ')",
        "1.5 1000000000000000000000000000000 1 3 undefined true",
    );
    is("return String([storage.del('a'), storage.del('a'), storage.get('a')])", "true,false,");
    is(
        "for (const k of ['x', 'y', 'z']) storage.mapPut('m', k, k + 1); storage.mapPut('m', 'y', \
            2); return ''",
        "",
    );
    is(
        "return [storage.mapLen('m'), storage.mapKeys('m'), storage.mapGet('m', 'y'), \
            storage.mapHas('m', 'q')].join(' ')",
        "3 x,y,z 2 false",
    );
    is(
        "return storage.mapKeys('m', 'x', 1) + String(storage.mapDel('m', 'y')) + \
            storage.mapDel('m', 'y') + storage.mapLen('m')",
        "ytruefalse2",
    );
    is(
        "storage.mapPut('a', 'bc', 1); return String([storage.mapHas('ab', 'c'), \
            storage.has('a'), storage.mapLen('ab')])",
        "false,false,0",
    );
    is(
        "storage.put({}, 1)",
        "reverts: TypeError: a key must be a text or a number, it is a object",
    );
    is(
        "storage.put('k'.repeat(2000), 1); return ''",
        "halts: bytes of a key of 2001 breaks the limit of 1024",
    );
    is("storage.put(5, 'five'); return storage.get('5')", "five");
    is(
        "try { storage.put('k', 'lone \\ud800') } catch (e) { return String(e) } return \
            storage.get('k')",
        "lone \u{fffd}",
    );
}

#[test]
fn the_environment_is_what_it_is() {
    let mut host = MemoryHost::default();
    host.environment.block.number = primitives::BlockNumber(7);
    host.environment.transaction.origin = other();
    let mut is =
        |body: &str, expected: &str| assert_eq!(shown_on(&mut host, body), expected, "{body}");
    is(
        "const b = blockchain.blockInfo(); return [b.number, b.time, b.chainId, b.gasLimit].join()",
        "7,1,31337,30000000",
    );
    is(
        "return blockchain.publisher() + blockchain.txInfo().publisher.length",
        &format!("0x{}42", "0b".repeat(20)),
    );
    is("return blockchain.contractName()", &format!("0x{}", "cc".repeat(32)));
    is("return String(blockchain.requireAuth(blockchain.caller(), 'active'))", "true");
    is(
        "blockchain.requireAuth(blockchain.publisher(), 'active')",
        &format!("reverts: authority of 0x{} is required", "0b".repeat(20)),
    );
    is(
        "return crypto.toHex(crypto.keccak256('')) + crypto.toHex('ab') + \
            crypto.fromBytes(crypto.fromHex('0x6869'))",
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a4700x6162hi",
    );
    is("crypto.fromHex('0x1')", "reverts: the text is no even number of hexadecimal digits");
    is(
        "return crypto.toHex(crypto.sha256('abc')).slice(0, 10) + crypto.ripemd160('').length + \
            crypto.blake3('').length",
        "0xba7816bf2032",
    );
    is("return String(crypto.recover(crypto.keccak256('x'), new Uint8Array(65)))", "null");
    is(
        "crypto.recover('x', new Uint8Array(65))",
        "reverts: argument 1 has 1 bytes, it should have 32",
    );
}

#[test]
fn coin_and_events_leave_the_contract() {
    let mut host = MemoryHost::default();
    host.state.balances.insert(MemoryHost::CONTRACT, Wei(U256::from(10)));
    let to = format!("'0x{}'", "0b".repeat(20));
    assert_eq!(shown_on(&mut host, &format!("blockchain.transfer({to}, 4n); return ''")), "");
    let iost =
        format!("blockchain.transfer(blockchain.contractName(), {to}, 4, 'memo'); return ''");
    assert_eq!(shown_on(&mut host, &iost), "");
    assert_eq!(host.state.balances[&other()], Wei(U256::from(8)));
    let more = format!("blockchain.transfer({to}, 4n); return ''");
    assert_eq!(shown_on(&mut host, &more), "reverts: the balance does not suffice");
    let foreign = format!("blockchain.transfer({to}, {to}, 1n)");
    assert_eq!(shown_on(&mut host, &foreign), "reverts: a contract transfers its own coin only");

    let events = "event.emit('Known', { a: 5, b: 'x' }); event.emit('Known', [6, 'y']);
        event.emit('Other', { a: 5n }); blockchain.receipt('paid'); return ''";
    assert_eq!(shown_on(&mut host, events), "");
    let topic = |text: &str| primitives::keccak256(text);
    let found = &host.state.events;
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].topics, [topic("Known(uint256,string)"), U256::from(5).into()]);
    assert_eq!(found[2].topics, [topic("Other(string)")]);
    assert!(String::from_utf8_lossy(&found[2].data).contains(r#"{"a":"5"}"#));
    assert_eq!(found[3].topics, [topic("Receipt(string)")]);
    let wrong = shown_on(&mut host, "event.emit('Known', { a: 5 })");
    assert_eq!(wrong, "reverts: event Known: the value \"b\" is missing");
}

#[test]
fn contracts_of_any_machine_are_called_by_their_interface() {
    let mut host = MemoryHost::default();
    let add = Method::parse("add(uint256,uint256) view returns (uint256)").unwrap();
    let expected = add.clone();
    host.scripts.insert(
        other(),
        Arc::new(move |frame, _| {
            let values = expected.decode_input(frame.input).unwrap();
            assert!(frame.is_static, "a method that only reads is called so");
            let sum = values.iter().filter_map(Value::as_uint).sum::<U256>();
            if sum > U256::from(100) {
                return Outcome::revert(abi::encode_error_string("too much"), frame.gas_limit);
            }
            let output = expected.encode_output(&[Value::Uint(sum)]).unwrap();
            Outcome::success(output, frame.gas_limit, 0)
        }),
    );
    let to = format!("'0x{}'", "0b".repeat(20));
    let signature = "'add(uint256,uint256) view returns (uint256)'";
    let mut is =
        |body: String, expected: &str| assert_eq!(shown_on(&mut host, &body), expected, "{body}");
    is(
        format!("return String(contract({to}).add(1n, 2n))"),
        &format!("reverts: {} has no interface: give the signature of the method", other()),
    );
    is(format!("return String(contract({to}, {{ abi: [{signature}] }}).add(1, 2n))"), "3");
    is(format!("return String(blockchain.call({to}, {signature}, [1n, 2n]))"), "3");
    is(format!("return String(blockchain.callWithAuth({to}, {signature}, '[1, 2]'))"), "3");
    is(format!("contract({to}, {{ abi: [{signature}] }}).add(1n, 200n)"), "reverts: too much");
    is(
        format!(
            "try {{ contract({to}, {{ abi: [{signature}] }}).add(1n, 200n) }} catch (e) {{ return \
                'caught ' + e.message }}"
        ),
        "caught too much",
    );
    is(
        format!("contract({to}, {{ abi: [{signature}] }}).add(1n)"),
        "reverts: add: 1 values are given for 2",
    );
    is(
        format!("contract({to}, {{ abi: [{signature}] }}).sub(1n)"),
        &format!("reverts: {} has no interface: give the signature of the method", other()),
    );
    is(
        "contract('0x12')".to_owned() + ".f()",
        "reverts: address \"0x12\" has 1 bytes, an address has 20 or 32",
    );
    let interface = Interface { methods: vec![add], ..Interface::default() };
    host.state.interfaces.insert(other(), Bytes::from(interface.to_json().into_bytes()));
    let mut is =
        |body: String, expected: &str| assert_eq!(shown_on(&mut host, &body), expected, "{body}");
    is(format!("return String(contract({to}).add(1n, 2n))"), "3");
    is(
        format!("const c = contract({to}); return String(op.add(c.add(1n, 2n), c.add(3n, 4n)))"),
        "10",
    );
    is(
        format!("contract({to}).ad(1n, 2n)"),
        &format!(
            "reverts: {}: there is no method \"ad\", did you mean \"add(uint256,uint256)\"?",
            other()
        ),
    );
}

#[test]
fn a_failing_callee_hands_its_data_on() {
    let mut host = MemoryHost::default();
    host.scripts.insert(
        other(),
        Arc::new(|frame, _| Outcome::revert(Bytes::from_static(b"why"), frame.gas_limit)),
    );
    let outcome =
        text_of(&mut host, &format!("contract('0x{}', {{ abi: ['f()'] }}).f()", "0b".repeat(20)));
    assert_eq!((outcome.status, outcome.output.as_ref()), (Status::Revert, b"why".as_slice()));
    host.scripts.insert(other(), Arc::new(|_, _| Outcome::halt(HaltReason::OutOfGas)));
    let outcome = text_of(
        &mut host,
        &format!("contract('0x{}', {{ abi: ['f()'], gas: 1000 }}).f()", "0b".repeat(20)),
    );
    assert_eq!((outcome.status, outcome.output.len()), (Status::Revert, 0));
}

#[test]
fn what_another_contract_stores_is_read_without_running_it() {
    let mut host = MemoryHost::default();
    let vm = Arc::new(machine());
    let code = unit(&["function f()"], "throw new Error('it runs')");
    let callee = Arc::clone(&vm);
    host.scripts.insert(
        other(),
        Arc::new(move |frame, host| {
            use vm::HostedVm;
            callee.execute(&vm::Frame { code: &code, ..*frame }, host)
        }),
    );
    let to = format!("'0x{}'", "0b".repeat(20));
    let key = |bytes: &[u8]| (other(), bytes.to_vec());
    host.state.records.insert(key(b"sa"), Bytes::from_static(b"s\0\0\0\x02hi"));
    host.state.records.insert(key(b"m\0\0\0\x01mf"), Bytes::from_static(b"t"));
    host.state.counters.insert(key(b"mm"), U256::from(1));
    let mut is =
        |body: String, expected: &str| assert_eq!(shown_on(&mut host, &body), expected, "{body}");
    is(format!("return storage.globalGet({to}, 'a') + storage.globalHas({to}, 'b')"), "hifalse");
    is(
        format!(
            "return [storage.globalMapGet({to}, 'm', 'f'), storage.globalMapHas({to}, 'm', 'g'), \
        storage.globalMapKeys({to}, 'm'), storage.globalMapLen({to}, 'm')].join()"
        ),
        "true,false,f,1",
    );
    is(format!("return String(storage.globalGet({to}, 'none'))"), "null");
}

#[test]
fn a_static_frame_writes_nothing() {
    let code = unit(&["function f()"], "return { f() { try { storage.put('a', 1) } catch { } } }");
    let input = Method::parse("f()").unwrap().selector();
    let run = Run { is_static: true, ..Run::call(&code, &input) };
    assert_eq!(halt(&MemoryHost::default().run(&machine(), &run)), HaltReason::StaticViolation);
}

#[test]
fn gas_of_a_callee_comes_back() {
    let mut host = MemoryHost::default();
    host.scripts
        .insert(other(), Arc::new(|frame, _| Outcome::success(Bytes::new(), frame.gas_limit, 0)));
    let body = format!("blockchain.callRaw('0x{}', new Uint8Array(0)); return ''", "0b".repeat(20));
    let outcome = text_of(&mut host, &body);
    assert!(outcome.gas_left > Gas(9_900_000), "{:?}", outcome.gas_left);
}
