//! Contracts of CosmWasm among those of other machines.

use braid_crossing_tests::{World, call_data, wei};
use braidvm::{
    Address, Receipt, Request, Value,
    rooms::{vm_native::system, vm_wasm::EngineChoice},
};
use serde_json::{Value as Json, json};

fn courier(world: &mut World) -> Address {
    world.deploy("cosmwasm/courier.wasm", &[Value::text(r#"{"count":5}"#)])
}

fn ask(world: &World, contract: Address, message: &Json) -> Result<Json, String> {
    let message = Value::text(message.to_string());
    let request = Request::new(world.alice, contract, "query").arguments([message]);
    let output = world.engine.call(&request).expect("the request is valid");
    if let Some(reason) = output.reason {
        return Err(reason);
    }
    let values = output.values().expect("a text");
    Ok(serde_json::from_str(values[0].as_text().expect("a text")).expect("JSON"))
}

fn count(world: &World, contract: Address) -> u64 {
    let count = ask(world, contract, &json!({ "count": {} })).expect("a count");
    count.as_u64().expect("a number")
}

/// Sends messages through a courier.
fn send(world: &mut World, courier: Address, messages: &[Json]) -> Receipt {
    let message = json!({ "send": { "messages": messages } }).to_string();
    world.send(courier, "execute", &[Value::text(message)])
}

fn parcel(id: u64, reply_on: &str, message: &Json) -> Json {
    json!({ "id": id, "reply_on": reply_on, "msg": message })
}

fn execute(to: Address, message: &Json) -> Json {
    let funds: [Json; 0] = [];
    let msg = base64(message.to_string().as_bytes());
    json!({ "wasm": { "execute": { "contract_addr": text(to), "msg": msg, "funds": funds } } })
}

fn pay(to: Address, amount: u64) -> Json {
    let coins = [json!({ "denom": "wei", "amount": amount.to_string() })];
    json!({ "bank": { "send": { "to_address": text(to), "amount": coins } } })
}

fn smart(to: Address, message: &Json) -> Json {
    let msg = base64(message.to_string().as_bytes());
    let request = json!({ "wasm": { "smart": { "contract_addr": text(to), "msg": msg } } });
    json!({ "ask": { "request": request } })
}

fn text(address: Address) -> String {
    address.to_string().to_lowercase()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let chunk = |chunk: &[u8]| {
        let of = |place: usize| u32::from(chunk.get(place).copied().unwrap_or_default());
        let bits = (of(0) << 16) | (of(1) << 8) | of(2);
        let digit = |place: usize| match place <= chunk.len() {
            true => char::from(DIGITS[((bits >> (18 - 6 * place)) & 63) as usize]),
            false => '=',
        };
        [0, 1, 2, 3].map(digit)
    };
    bytes.chunks(3).flat_map(chunk).collect()
}

#[test]
fn solidity_calls_cosmwasm_and_cosmwasm_calls_tokens_of_every_language() {
    let mut world = World::new();
    let relay = world.deploy("solidity/Relay.json", &[]);
    let courier = courier(&mut world);
    let counted = call_data("execute(string)", &[Value::text(r#"{"count":{}}"#)]);
    let request = Request::new(world.alice, relay, "forward")
        .arguments([Value::from(courier), Value::bytes(counted)])
        .value(wei(7));
    let receipt = world.request(&request);
    assert!(receipt.is_success(), "{:?}", receipt.reason);
    assert_eq!(count(&world, courier), 6);
    assert_eq!(world.balance(&courier).to::<u64>(), 7);
    let events: Vec<_> = receipt.events.iter().map(|event| event.address).collect();
    assert_eq!(events, [courier, courier], "one of attributes, one of its own");
    let told = call_data("query(string)", &[Value::text(r#"{"count":{}}"#)]);
    let arguments = [Value::from(courier), Value::bytes(told)];
    let asked = Request::new(world.alice, relay, "staticForward").arguments(arguments);
    world.engine.call(&asked).expect("the request is valid").expect_ok();

    for token in ["solidity/Token.json", "rust/token.wasm", "c/token.wasm", "stylus/token.wasm"] {
        let token = world.deploy(token, &["Coin".into(), "C".into(), 1_000u64.into()]);
        world.send(token, "transfer", &[courier.into(), 100u64.into()]).expect_ok();
        let bob = world.engine.account("bob").expect("a development account");
        let message = execute(token, &json!({ "transfer": [text(bob), "30"] }));
        let receipt = send(&mut world, courier, &[parcel(1, "success", &message)]);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        assert_eq!(world.read_with(token, "balanceOf", &[bob.into()]), 30);
        let balance = smart(token, &json!({ "balance_of": [text(courier)] }));
        assert_eq!(ask(&world, courier, &balance), Ok(json!("70")));
        let message = execute(token, &json!({ "transfer": [text(bob), "71"] }));
        let receipt = send(&mut world, courier, &[parcel(1, "never", &message)]);
        let reason = receipt.reason.clone().unwrap_or_default();
        assert!(reason.contains("InsufficientBalance"), "{reason}");
    }
}

#[test]
fn a_failure_that_is_told_takes_back_its_own_writes_alone() {
    let mut world = World::new();
    let [first, second] = [courier(&mut world), courier(&mut world)];
    let failing = execute(second, &json!({ "fail": { "text": "not today" } }));
    let counting = execute(second, &json!({ "count": {} }));
    let mut short = parcel(4, "always", &counting);
    short["gas_limit"] = json!(10_000);
    let messages = [
        parcel(1, "always", &counting),
        parcel(2, "error", &failing),
        parcel(3, "success", &pay(first, 0)),
    ];
    // The third cannot be told of, so that nothing of the three stays.
    assert!(!send(&mut world, first, &messages).is_success());
    assert_eq!([count(&world, first), count(&world, second)], [5, 5]);

    let messages = [messages[0].clone(), messages[1].clone(), short];
    let receipt = send(&mut world, first, &messages);
    assert!(receipt.is_success(), "{:?}", receipt.reason);
    assert_eq!([count(&world, first), count(&world, second)], [6, 6]);
    let said = ask(&world, first, &json!({ "replies": {} })).expect("what was said");
    let list = said.as_array().expect("a list");
    let ids: Vec<_> = list.iter().map(|one| one["id"].as_u64()).collect();
    assert_eq!(ids, [Some(4), Some(2), Some(1)], "the last key first");
    assert_eq!([&list[0]["ok"], &list[1]["ok"], &list[2]["ok"]], [false, false, true]);
    assert_eq!(list[0]["text"], "out of gas");
    assert!(list[1]["text"].as_str().is_some_and(|text| text.contains("not today")));
    assert_eq!(list[2]["events"], json!(["execute", "wasm", "wasm-counted"]));
    let values = receipt.values().expect("data and events");
    assert_eq!(values[0].as_bytes(), Some(b"4".as_slice()), "the data of the last reply");
}

#[test]
fn a_reply_that_fails_takes_back_all() {
    let mut world = World::new();
    let [first, second] = [courier(&mut world), courier(&mut world)];
    let mut message = parcel(1, "success", &execute(second, &json!({ "count": {} })));
    message["payload"] = json!(base64(b"fail"));
    let receipt = send(&mut world, first, &[message]);
    assert!(receipt.reason.as_deref().is_some_and(|reason| reason.contains("the reply fails")));
    assert_eq!([count(&world, first), count(&world, second)], [5, 5]);
}

#[test]
fn messages_go_round_and_each_is_done_before_the_next() {
    let mut world = World::new();
    let [first, second] = [courier(&mut world), courier(&mut world)];
    let back = parcel(1, "never", &execute(first, &json!({ "count": {} })));
    let through = execute(second, &json!({ "send": { "messages": [back] } }));
    let messages = [
        parcel(1, "success", &through),
        parcel(2, "never", &execute(second, &json!({"count":{}}))),
    ];
    let receipt = send(&mut world, first, &messages);
    assert!(receipt.is_success(), "{:?}", receipt.reason);
    assert_eq!([count(&world, first), count(&world, second)], [7, 7]);
    let places: Vec<_> = receipt.events.iter().map(|event| event.address).collect();
    assert_eq!(places, [first, first, second, second]);
}

#[test]
fn coin_goes_where_a_message_sends_it_and_no_further() {
    let mut world = World::new();
    let courier = courier(&mut world);
    let pays = Request::new(world.alice, courier, "execute")
        .arguments([Value::text(r#"{"count":{}}"#)])
        .value(wei(100));
    world.request(&pays).expect_ok();
    let to = Address::new([7; 32]);
    let messages = [parcel(1, "always", &pay(to, 60)), parcel(2, "error", &pay(to, 60))];
    let receipt = send(&mut world, courier, &messages);
    assert!(receipt.is_success(), "{:?}", receipt.reason);
    assert_eq!(world.balance(&to).to::<u64>(), 60);
    let balance = json!({ "bank": { "balance": { "address": text(to), "denom": "wei" } } });
    let found = ask(&world, courier, &json!({ "ask": { "request": balance } }));
    assert_eq!(found, Ok(json!({ "amount": { "denom": "wei", "amount": "60" } })));
    let known = ask(&world, courier, &json!({ "address": { "text": text(to) } }));
    assert_eq!(known, Ok(json!(text(to))));
    let mixed = ask(&world, courier, &json!({ "address": { "text": world.alice.to_string() } }));
    assert!(mixed.is_err_and(|error| error.contains("one form")));
}

#[test]
fn contracts_are_made_and_migrated_by_the_number_of_their_code() {
    let mut world = World::new();
    let courier = courier(&mut world);
    let receipt = world.send(system::codes(), "add", &[courier.into()]);
    assert_eq!(receipt.values().expect("a number"), [Value::uint(1)]);
    let new = |admin: Json| {
        let (funds, msg): ([Json; 0], _) = ([], base64(br#"{"count":40}"#));
        let new = json!({
            "admin": admin, "code_id": 1, "msg": msg, "funds": funds, "label": "one",
        });
        json!({ "wasm": { "instantiate": new } })
    };
    let receipt = send(&mut world, courier, &[parcel(1, "success", &new(json!(text(courier))))]);
    assert!(receipt.is_success(), "{:?}", receipt.reason);
    let made = receipt.events[0].address;
    assert_eq!(count(&world, made), 40);

    let info = json!({ "wasm": { "contract_info": { "contract_addr": text(made) } } });
    let info = ask(&world, courier, &json!({ "ask": { "request": info } })).expect("an answer");
    assert_eq!((&info["code_id"], &info["admin"]), (&json!(1), &json!(text(courier))));
    let raw =
        json!({ "wasm": { "raw": { "contract_addr": text(made), "key": base64(b"count") } } });
    assert_eq!(ask(&world, courier, &json!({ "ask": { "request": raw } })), Ok(json!(40)));

    let migrate = |msg: &[u8]| {
        let msg = base64(msg);
        json!({ "wasm": { "migrate": {
            "contract_addr": text(made), "new_code_id": 1, "msg": msg,
        } } })
    };
    let messages =
        [parcel(2, "error", &migrate(b"5")), parcel(3, "never", &migrate(br#"{"count":9}"#))];
    send(&mut world, courier, &messages).expect_ok();
    assert_eq!(count(&world, made), 9);
    let state = world.engine.latest();
    let version = state.inspect(&made, 0).expect("it is there").contract.map(|it| it.version);
    assert_eq!(version, Some(2), "the migration that failed left no version");

    let clear = json!({ "wasm": { "clear_admin": { "contract_addr": text(made) } } });
    send(&mut world, courier, &[parcel(4, "never", &clear)]).expect_ok();
    let receipt = send(&mut world, courier, &[parcel(5, "never", &migrate(b"{}"))]);
    assert!(receipt.reason.as_deref().is_some_and(|reason| reason.contains("owner")));
    let stranger = world.send(made, "perform", &[Value::text("{}")]);
    assert!(!stranger.is_success(), "nobody performs the messages of another");
}

#[test]
fn both_engines_use_the_same_gas() {
    let used = [EngineChoice::Interpreted, EngineChoice::Compiled].map(|engine| {
        let mut world = World::with_config(|config| config.vm.wasm.engine = engine);
        let [first, second] = [courier(&mut world), courier(&mut world)];
        let messages = [
            parcel(1, "always", &execute(second, &json!({ "count": {} }))),
            parcel(2, "always", &execute(second, &json!({ "fail": { "text": "no" } }))),
        ];
        let receipt = send(&mut world, first, &messages);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        let state = world.engine.latest();
        let found = state.inspect(&first, 0).expect("the contract is there");
        assert_eq!(found.personality.map(|it| it.to_string()).as_deref(), Some("cosmwasm"));
        receipt.gas_used
    });
    assert_eq!(used[0], used[1]);
}
