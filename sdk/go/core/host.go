//go:build wasip1

package core

import "unsafe"

// The functions of the host, as docs/src/wasm-host-interface.md describes them.

//go:wasmimport braid1 input_read
func hostInputRead(into unsafe.Pointer, offset, bytes uint32)

//go:wasmimport braid1 finish
func hostFinish(from unsafe.Pointer, bytes uint32)

//go:wasmimport braid1 revert
func hostRevert(from unsafe.Pointer, bytes uint32)

//go:wasmimport braid1 buffer_bytes
func hostBufferBytes() uint32

//go:wasmimport braid1 buffer_read
func hostBufferRead(into unsafe.Pointer, offset, bytes uint32)

//go:wasmimport braid1 storage_get
func hostStorageGet(key unsafe.Pointer, keyBytes uint32) int32

//go:wasmimport braid1 storage_put
func hostStoragePut(key unsafe.Pointer, keyBytes uint32, value unsafe.Pointer, valueBytes uint32)

//go:wasmimport braid1 storage_delete
func hostStorageDelete(key unsafe.Pointer, keyBytes uint32) int32

//go:wasmimport braid1 storage_scan
func hostStorageScan(prefix unsafe.Pointer, prefixBytes uint32, after unsafe.Pointer, afterBytes, limit uint32) int32

//go:wasmimport braid1 object_create
func hostObjectCreate(ownerKind uint32, owner, into unsafe.Pointer) int32

//go:wasmimport braid1 object_get
func hostObjectGet(id, into unsafe.Pointer) int32

//go:wasmimport braid1 object_field
func hostObjectField(id, name unsafe.Pointer, nameBytes uint32) int32

//go:wasmimport braid1 object_set_field
func hostObjectSetField(id, name unsafe.Pointer, nameBytes uint32, value unsafe.Pointer, valueBytes uint32) int32

//go:wasmimport braid1 object_set_owner
func hostObjectSetOwner(id unsafe.Pointer, ownerKind uint32, owner unsafe.Pointer) int32

//go:wasmimport braid1 object_delete
func hostObjectDelete(id unsafe.Pointer) int32

//go:wasmimport braid1 object_list
func hostObjectList(ownerKind uint32, owner, after unsafe.Pointer, afterBytes, limit uint32) int32

//go:wasmimport braid1 caller
func hostCaller(into unsafe.Pointer)

//go:wasmimport braid1 origin
func hostOrigin(into unsafe.Pointer)

//go:wasmimport braid1 contract
func hostContract(into unsafe.Pointer)

//go:wasmimport braid1 value
func hostValue(into unsafe.Pointer)

//go:wasmimport braid1 balance
func hostBalance(address, into unsafe.Pointer)

//go:wasmimport braid1 transfer
func hostTransfer(to, amount unsafe.Pointer) int32

//go:wasmimport braid1 call
func hostCall(to, value, input unsafe.Pointer, inputBytes uint32, gas int64, flags uint32) int32

//go:wasmimport braid1 emit
func hostEmit(topics unsafe.Pointer, topicCount uint32, data unsafe.Pointer, dataBytes uint32)

//go:wasmimport braid1 block_number
func hostBlockNumber() int64

//go:wasmimport braid1 block_timestamp
func hostBlockTimestamp() int64

//go:wasmimport braid1 chain_id
func hostChainID() int64

//go:wasmimport braid1 transaction_hash
func hostTransactionHash(into unsafe.Pointer)

//go:wasmimport braid1 gas_left
func hostGasLeft() int64

//go:wasmimport braid1 is_static
func hostIsStatic() int32

//go:wasmimport braid1 keccak256
func hostKeccak256(from unsafe.Pointer, bytes uint32, into unsafe.Pointer)

//go:wasmimport braid1 sha256
func hostSha256(from unsafe.Pointer, bytes uint32, into unsafe.Pointer)

//go:wasmimport braid1 debug
func hostDebug(from unsafe.Pointer, bytes uint32)
