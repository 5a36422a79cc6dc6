// SPDX-License-Identifier: MIT OR Apache-2.0
//! Badges: state objects with a level, which only those who have them change.
//!
//! The contract is the creator of every badge and so may change each at any time. It is its code
//! that asks who calls.
#![cfg_attr(target_arch = "wasm32", no_std)]

use braid_sdk as braid;
use braid_sdk::prelude::*;

/// The most badges that `count` counts.
const COUNT_MAX: u32 = 100;

/// All that there is to know of a badge is in the object.
#[derive(Storage)]
pub struct Badge {}

#[braid::contract]
impl Badge {
    /// Makes a badge of level 1.
    fn make(&mut self, owner: Address) -> Result<Object, ObjectError> {
        let badge = Object::create(owner)?;
        badge.set("level", &1_u64)?;
        Ok(badge)
    }

    #[view]
    fn level(&self, id: Object) -> u64 {
        match id.get("level") {
            Ok(Some(level)) => level,
            _ => revert!("not a badge"),
        }
    }

    fn raise(&mut self, id: Object) -> Result<u64, ObjectError> {
        check_owner(&id);
        let level = self.level(id) + 1;
        id.set("level", &level)?;
        Ok(level)
    }

    fn give(&mut self, id: Object, to: Address) -> Result<bool, ObjectError> {
        check_owner(&id);
        id.set_owner(to)?;
        Ok(true)
    }

    fn scrap(&mut self, id: Object) -> Result<bool, ObjectError> {
        check_owner(&id);
        id.delete()?;
        Ok(true)
    }

    /// How many objects an owner has, at most a hundred.
    #[view]
    fn count(&self, owner: Address) -> u64 {
        Object::list(owner, None, COUNT_MAX).len() as u64
    }
}

fn check_owner(id: &Object) {
    require!(id.owner() == Some(Owner::Address(host::caller())), "not the owner");
}

#[cfg(test)]
mod tests {
    use super::*;
    use braid_sdk::mock;

    #[braid::interface]
    trait Badges {
        fn make(&mut self, owner: Address) -> Object;
        #[view]
        fn level(&self, id: Object) -> u64;
        fn raise(&mut self, id: Object) -> u64;
        fn give(&mut self, id: Object, to: Address) -> bool;
        fn scrap(&mut self, id: Object) -> bool;
        #[view]
        fn count(&self, owner: Address) -> u64;
    }

    #[test]
    fn a_badge_is_in_the_hands_of_who_has_it() {
        let bob = Address::from_evm(&[0xb0; 20]);
        let badges = Badges::at(mock::deploy::<Badge, _>(&()).expect("deploys"));
        let id = badges.make(mock::DEFAULT_SENDER).expect("makes");
        assert_eq!(badges.raise(id), Ok(2));
        assert_eq!(badges.give(id, bob), Ok(true));
        assert_eq!((badges.count(bob), badges.count(mock::DEFAULT_SENDER)), (Ok(1), Ok(0)));
        assert_eq!(badges.raise(id), Err(CallError::Revert(host::encode_message("not the owner"))));
        mock::set_sender(bob);
        assert_eq!(badges.raise(id), Ok(3));
        assert_eq!(badges.scrap(id), Ok(true));
        assert_eq!(badges.level(id), Err(CallError::Revert(host::encode_message("not a badge"))));
    }
}
