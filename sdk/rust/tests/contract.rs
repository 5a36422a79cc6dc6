//! Contracts of the macros over the in-memory host: dispatch, errors, events, calls, undo.
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use braid_sdk as braid;
use braid_sdk::{Contract, mock, prelude::*};

#[derive(Event)]
struct Noted {
    #[indexed]
    by: Address,
    #[indexed]
    topic: String,
    amount: U256,
}

#[derive(Debug, PartialEq, Eq, ContractError)]
enum BookError {
    Closed,
    TooMuch { amount: U256, limit: u64 },
}

#[derive(Storage)]
struct Book {
    owner: Value<Address>,
    notes: Mapping<(Address, String), U256>,
    amounts: List<U256>,
    seats: Counter,
}

#[braid::contract(events(Noted), errors(BookError))]
impl Book {
    #[constructor]
    fn new(&mut self, owner: Address) -> Result<(), BookError> {
        if owner.is_zero() {
            return Err(BookError::Closed);
        }
        self.owner.set(&owner);
        Ok(())
    }

    #[view]
    fn owner(&self) -> Address {
        self.owner.get()
    }

    #[view]
    fn note_of(&self, by: Address, topic: String) -> U256 {
        self.notes.get(&(by, topic))
    }

    #[view]
    fn totals(&self) -> (u64, U256) {
        let all = (0..self.amounts.len()).filter_map(|at| self.amounts.get(at));
        (self.amounts.len(), all.fold(U256::ZERO, |sum, amount| sum + amount))
    }

    fn write_note(&mut self, topic: String, amount: U256) -> Result<U256, BookError> {
        if amount > U256::from(100_u8) {
            return Err(BookError::TooMuch { amount, limit: 100 });
        }
        let by = host::caller();
        let sum = self.notes.get(&(by, topic.clone())) + amount;
        self.notes.set(&(by, topic.clone()), &sum);
        self.amounts.push(&amount);
        emit(&Noted { by, topic, amount });
        Ok(sum)
    }

    fn add_seats(&mut self, amount: U256) -> bool {
        self.seats.add(&amount)
    }

    fn take_seats(&mut self, amount: U256, fails: bool) -> bool {
        let is_taken = self.seats.sub(&amount);
        if fails {
            host::revert_message("no show");
        }
        is_taken
    }

    #[view]
    fn seats(&self) -> U256 {
        self.seats.get()
    }

    #[view]
    fn take_a_seat_in_a_view(&self) -> bool {
        host::counter_sub(b"seats", &U256::ZERO)
    }

    #[payable]
    fn give(&mut self) -> U256 {
        host::value()
    }

    #[view]
    fn write_in_a_view(&self) -> bool {
        host::storage_put(b"forbidden", b"");
        true
    }

    #[name("renamed")]
    fn other_name(&mut self, message: String) {
        require!(message.is_empty(), "not empty: {message}");
    }

    #[receive]
    fn receive(&mut self) {
        host::debug("received");
    }

    #[fallback]
    fn fallback(&mut self, input: Bytes) -> Bytes {
        input
    }
}

#[braid::interface]
trait BookCaller {
    #[view]
    fn owner(&self) -> Address;
    #[view]
    fn note_of(&self, by: Address, topic: String) -> U256;
    #[view]
    fn totals(&self) -> (u64, U256);
    #[view]
    fn write_in_a_view(&self) -> bool;
    fn add_seats(&mut self, amount: U256) -> bool;
    fn take_seats(&mut self, amount: U256, fails: bool) -> bool;
    #[view]
    fn seats(&self) -> U256;
    #[view]
    fn take_a_seat_in_a_view(&self) -> bool;
    fn write_note(&mut self, topic: String, amount: U256) -> U256;
    #[payable]
    fn give(&mut self) -> U256;
    fn renamed(&mut self, message: String);
}

/// Writes two notes; the second one may fail, which undoes the first.
#[derive(Storage)]
struct Twice {
    runs: Value<u32>,
}

#[braid::contract]
impl Twice {
    fn both(&mut self, book: Address, first: U256, second: U256) -> Result<U256, CallError> {
        self.runs.set(&(self.runs.get() + 1));
        let book = BookCaller::at(book);
        book.write_note("a".into(), first)?;
        book.write_note("a".into(), second)
    }

    #[view]
    fn runs(&self) -> u32 {
        self.runs.get()
    }
}

#[braid::interface]
trait TwiceCaller {
    fn both(&mut self, book: Address, first: U256, second: U256) -> U256;
    #[view]
    fn runs(&self) -> u32;
}

fn number(number: u64) -> U256 {
    number.into()
}

fn open() -> (Address, BookCaller) {
    mock::reset();
    let address = mock::deploy::<Book, _>(&(mock::DEFAULT_SENDER,)).unwrap();
    (address, BookCaller::at(address))
}

#[test]
fn methods_read_and_write_storage() {
    let (_, book) = open();
    assert_eq!(book.owner(), Ok(mock::DEFAULT_SENDER));
    assert_eq!(book.write_note("x".into(), number(7)), Ok(number(7)));
    assert_eq!(book.write_note("x".into(), number(5)), Ok(number(12)));
    assert_eq!(book.note_of(mock::DEFAULT_SENDER, "x".into()), Ok(number(12)));
    assert_eq!(book.note_of(mock::DEFAULT_SENDER, "y".into()), Ok(U256::ZERO));
    assert_eq!(book.totals(), Ok((2, number(12))));
}

#[test]
fn an_error_is_a_selector_and_its_fields() {
    let (_, book) = open();
    let data = BookError::TooMuch { amount: number(101), limit: 100 }.encode();
    let hash = alloy_primitives::keccak256("TooMuch(uint256,uint64)");
    assert_eq!((&data[..4], data.len()), (&hash[..4], 4 + 64));
    assert_eq!(book.write_note("x".into(), number(101)), Err(CallError::Revert(data)));
    let closed = mock::deploy::<Book, _>(&(Address::ZERO,));
    assert_eq!(closed, Err(CallError::Revert(BookError::Closed.encode())));
}

#[test]
fn an_event_has_the_signature_first() {
    let (address, book) = open();
    book.write_note("topic".into(), number(3)).unwrap();
    let events = mock::events();
    let signature = alloy_primitives::keccak256("Noted(address,string,uint256)").0;
    let topic = alloy_primitives::keccak256("topic").0;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].contract, address);
    assert_eq!(events[0].topics, [signature, *mock::DEFAULT_SENDER.as_bytes(), topic]);
    assert_eq!(events[0].data, number(3).to_bytes());
}

#[test]
fn coin_is_refused_where_a_method_is_not_payable() {
    let (address, book) = open();
    mock::set_balance(mock::DEFAULT_SENDER, number(10));
    let with_coin = book.with_value(number(4));
    assert_eq!(with_coin.renamed(String::new()), Err(CallError::Revert(Vec::new())));
    assert_eq!(host::balance(&address), U256::ZERO);
    assert_eq!(with_coin.give(), Ok(number(4)));
    assert_eq!(host::balance(&address), number(4));
    let poor = book.with_value(number(100));
    assert_eq!(poor.give(), Err(CallError::Revert(Vec::new())));
}

#[test]
fn receive_and_fallback_take_what_no_method_takes() {
    let (address, _) = open();
    mock::set_balance(mock::DEFAULT_SENDER, number(1));
    assert_eq!(host::call(&address, &number(1), &[], Gas::All), Ok(Vec::new()));
    assert_eq!(mock::debug_lines(), ["received"]);
    for input in [vec![1, 2, 3], vec![1, 2, 3, 4, 5]] {
        assert_eq!(host::call(&address, &U256::ZERO, &input, Gas::All), Ok(input));
    }
}

#[test]
fn a_malformed_argument_reverts_without_data() {
    let (address, _) = open();
    let input = braid::abi::encode_call(braid::text::selector(b"renamed(string)"), &(u128::MAX,));
    let result = host::call(&address, &U256::ZERO, &input, Gas::All);
    assert_eq!(result, Err(CallError::Revert(Vec::new())));
}

#[test]
fn messages_are_those_of_solidity() {
    let (_, book) = open();
    let data = host::encode_message("not empty: x");
    assert_eq!(book.renamed("x".into()), Err(CallError::Revert(data.clone())));
    assert_eq!(data[..4], [0x08, 0xc3, 0x79, 0xa0]);
    assert_eq!(book.renamed(String::new()), Ok(()));
}

#[test]
fn a_write_in_a_static_call_halts() {
    let (_, book) = open();
    assert_eq!(book.write_in_a_view(), Err(CallError::Halt));
    assert_eq!(book.take_a_seat_in_a_view(), Err(CallError::Halt));
}

#[test]
fn a_counter_stays_within_its_bounds() {
    let (_, book) = open();
    assert_eq!(book.take_seats(number(1), false), Ok(false));
    assert_eq!(book.add_seats(number(5)), Ok(true));
    assert_eq!(book.add_seats(U256::MAX), Ok(false));
    assert_eq!(book.take_seats(number(3), false), Ok(true));
    assert_eq!(book.take_seats(number(3), false), Ok(false));
    let failed = CallError::Revert(host::encode_message("no show"));
    assert_eq!(book.take_seats(number(1), true), Err(failed));
    assert_eq!(book.seats(), Ok(number(2)));
}

#[test]
fn a_failure_undoes_the_calls_before_it() {
    let (book_address, book) = open();
    let twice = TwiceCaller::at(mock::deploy::<Twice, _>(&()).unwrap());
    assert_eq!(twice.both(book_address, number(1), number(2)), Ok(number(3)));
    let failed = twice.both(book_address, number(1), number(1000));
    let error = BookError::TooMuch { amount: number(1000), limit: 100 };
    assert_eq!(failed, Err(CallError::Revert(error.encode())));
    assert_eq!((twice.runs(), book.totals()), (Ok(1), Ok((2, number(3)))));
    assert_eq!(mock::events().len(), 2);
}

#[test]
fn overflow_is_the_panic_of_solidity() {
    let (_, _) = open();
    #[derive(Storage)]
    struct Overflow {}
    #[braid::contract]
    impl Overflow {
        fn add(&mut self, a: U256, b: U256) -> U256 {
            a + b
        }
        fn divide(&mut self, a: U256, b: U256) -> U256 {
            a / b
        }
    }
    let address = mock::deploy::<Overflow, _>(&()).unwrap();
    for (signature, arguments, code) in [
        ("add(uint256,uint256)", (U256::MAX, U256::ONE), 0x11_u8),
        ("divide(uint256,uint256)", (U256::ONE, U256::ZERO), 0x12),
    ] {
        let selector = braid::text::selector(signature.as_bytes());
        let input = braid::abi::encode_call(selector, &arguments);
        let data = braid::abi::encode_call(braid::text::selector(b"Panic(uint256)"), &(code,));
        let result = host::call(&address, &U256::ZERO, &input, Gas::All);
        assert_eq!(result, Err(CallError::Revert(data)), "{signature}");
    }
}

#[test]
fn the_interface_is_solidity_json() {
    let interface = <Book as Contract>::INTERFACE;
    let parsed: alloy_json_abi::JsonAbi = serde_json::from_str(interface.as_str()).unwrap();
    let mut signatures: Vec<String> = parsed.functions().map(|it| it.signature()).collect();
    signatures.sort();
    assert_eq!(
        signatures,
        [
            "addSeats(uint256)",
            "give()",
            "noteOf(address,string)",
            "owner()",
            "renamed(string)",
            "seats()",
            "takeASeatInAView()",
            "takeSeats(uint256,bool)",
            "totals()",
            "writeInAView()",
            "writeNote(string,uint256)",
        ]
    );
    assert_eq!(parsed.constructor.unwrap().inputs[0].ty, "address");
    assert_eq!(parsed.events["Noted"][0].signature(), "Noted(address,string,uint256)");
    assert!(parsed.events["Noted"][0].inputs[1].indexed);
    assert_eq!(parsed.errors["TooMuch"][0].signature(), "TooMuch(uint256,uint64)");
    assert!(parsed.receive.is_some() && parsed.fallback.is_some());
}

#[test]
fn records_are_scanned_in_order_and_by_pages() {
    #[derive(Storage)]
    struct Scan {}
    #[braid::contract]
    impl Scan {
        fn check(&mut self) -> bool {
            for key in [b"a1", b"a3", b"b1", b"a2"] {
                host::storage_put(key, &key[1..]);
            }
            let keys = |after, limit| -> Vec<Vec<u8>> {
                host::storage_scan(b"a", after, limit).into_iter().map(|record| record.0).collect()
            };
            keys(None, 2) == [b"a1", b"a2"]
                && keys(Some(b"a2"), 9) == [b"a3"]
                && host::storage_delete(b"a3")
                && !host::storage_delete(b"a3")
                && keys(Some(b"a2"), 9).is_empty()
        }
    }
    mock::reset();
    let address = mock::deploy::<Scan, _>(&()).unwrap();
    let input = braid::abi::encode_call(braid::text::selector(b"check()"), &());
    let output = host::call(&address, &U256::ZERO, &input, Gas::All).unwrap();
    assert_eq!(braid::abi::decode::<(bool,)>(&output), Ok((true,)));
}
