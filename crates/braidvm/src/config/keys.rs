//! What each key means, in a line.

/// A key with its meaning.
const KEYS: &[(&str, &str)] = &[
    ("chain.chain_id", "number of the chain (EIP-155)"),
    ("chain.gas_limit", "gas of one block, and the most that one transaction may ask for"),
    ("chain.genesis_timestamp_s", "seconds since 1970 of the genesis of a new chain"),
    (
        "chain.solana_programs",
        "standard programs of Solana in the genesis of a new chain for development",
    ),
    ("vm.enabled_vms", "machines whose contracts may run; a rule of the chain"),
    (
        "vm.enable_jit",
        "whether machines compile code; off, all code is interpreted, with equal results",
    ),
    (
        "vm.enable_cross_vm_calls",
        "whether a contract may call one of another machine; a rule of the chain",
    ),
    ("vm.memory_bytes_max", "bytes that programs and compiled instances may take on this node"),
    ("vm.evm.version", "hardfork whose rules hold, from frontier to osaka; a rule of the chain"),
    ("vm.evm.chain_id", "set by chain.chain_id"),
    ("vm.evm.gas_limit", "gas of a call that names none"),
    ("vm.evm.code_bytes_max", "bytes of the code of a contract (EIP-170); a rule of the chain"),
    ("vm.evm.init_code_bytes_max", "bytes of creation code (EIP-3860); a rule of the chain"),
    (
        "vm.evm.transaction_gas_limit_max",
        "gas of one transaction (EIP-7825), none by default; a rule of the chain",
    ),
    ("vm.evm.disabled_opcodes", "opcodes that are off, by mnemonic or byte; a rule of the chain"),
    (
        "vm.evm.memory_bytes_max",
        "bytes of memory of all open EVM frames of a transaction; a rule of the chain",
    ),
    ("vm.evm.base_fee_recipient", "who gets the base fee; a genesis sets it, else it is burnt"),
    (
        "vm.wasm.engine",
        "auto (interpreted until compiled), compiled or interpreted, with equal results",
    ),
    (
        "vm.wasm.memory_limit",
        "bytes that the memory of an instance may grow to; a rule of the chain",
    ),
    ("vm.wasm.stack_slots", "slots of the logical stack of an instance; a rule of the chain"),
    ("vm.wasm.table_elements", "elements of the table of an instance; a rule of the chain"),
    (
        "vm.wasm.allowed_imports",
        "imports that code may have, as module.name; all that are offered by default; a rule of \
         the chain",
    ),
    (
        "vm.wasm.execution_time_limit_ms",
        "milliseconds of a frame on this node; more is a fault of the node, never a result",
    ),
    ("vm.wasm.instances", "instances that live at once in compiled form; more are interpreted"),
    ("vm.wasm.cache_bytes", "bytes of programs kept in memory"),
    ("vm.wasm.cache_directory", "folder of compiled programs; in the data folder by default"),
    ("vm.wasm.cache_directory_bytes", "bytes of compiled programs kept on disk"),
    ("vm.wasm.worker.command", "program that compiles; braid itself by default"),
    ("vm.wasm.worker.arguments", "arguments of that program"),
    ("vm.wasm.worker.memory_limit", "bytes of address space of that program"),
    ("vm.wasm.worker.time_limit_ms", "milliseconds that it may take for one module"),
    ("vm.js.engine", "what runs the scripts: quickjs, v8 or both, held to each other"),
    ("vm.js.v8_jit", "whether V8 makes native code"),
    ("vm.js.memory_limit", "bytes that one context may use; more is a fault of the node"),
    (
        "vm.js.execution_time_limit_ms",
        "milliseconds of a frame on this node; more is a fault of the node, never a result",
    ),
    ("vm.js.contexts", "contexts that are kept between calls"),
    ("vm.js.contexts_bytes", "bytes that contexts hold between calls"),
    ("vm.js.warm_contexts_min", "contexts without a contract that are always made ahead"),
    ("vm.js.warm_contexts_max", "the most of them, where many contracts are new"),
    ("vm.js.cache_bytes", "bytes of compiled scripts kept in memory"),
    (
        "execution.threads",
        "threads that execute blocks; 0 for as many as the machine has, 1 for none at once",
    ),
    ("execution.parallel_from", "blocks with fewer transactions run one after another"),
    ("execution.prefetch_threads", "threads that read ahead what transactions name; 0 for none"),
    ("execution.verify", "whether every block is executed both ways and compared"),
    ("node.retention_blocks", "blocks whose states stay readable: a number or all"),
    ("log.level", "what is logged: off, error, warn, info, debug or trace"),
    ("log.format", "how it is logged, on stderr: text or json"),
    ("metrics.listen", "address and port on which figures are served over HTTP; none by default"),
    ("metrics.contracts", "contracts and methods that are counted by name, the rest together"),
];

/// What a key means; nothing for a key that no line here is about.
pub(super) fn meaning(path: &str) -> Option<&'static str> {
    KEYS.iter().find(|(key, _)| *key == path).map(|(_, meaning)| *meaning)
}
