// SPDX-License-Identifier: MIT OR Apache-2.0
// What `asc --runtime` takes; a file of its own, since all that this one exports would be exported
// by the contract.
import "./memory";
