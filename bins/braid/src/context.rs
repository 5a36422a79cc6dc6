//! What a command works with: the engine over the chosen store, and people's words made exact.

use std::{
    ffi::OsString,
    fmt::Display,
    fs::File,
    io::Read,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use braidvm::{
    Config, Engine, Format, Gas, Interface, Layers, ResolvedConfig, StateAt, Wei,
    rooms::block::SOLANA_TYPE,
};
use serde_json::json;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

use crate::{
    cli::{Caller, Global, Moment},
    failure::Failure,
    output::Output,
    telemetry,
};

/// Bytes of a file that is read at once: code of the largest contract in hexadecimal, an ABI and
/// what else compilers write into one file, with room to spare.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The exit code of a command that is ended by a second Ctrl-C, as shells have it.
const INTERRUPTED: i32 = 130;

/// Set once somebody wants the command to end: Ctrl-C, or a request to terminate. A second one ends
/// it at once.
pub(crate) fn interruption() -> Result<Arc<AtomicBool>, Failure> {
    let wish = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&wish))?;
        flag::register(signal, Arc::clone(&wish))?;
    }
    Ok(wish)
}

/// The configuration: defaults, the file that is named, the environment, flags, each above those
/// before.
pub(crate) fn resolved(global: &Global) -> Result<ResolvedConfig, Failure> {
    let mut layers = Layers::new();
    if let Some(path) = &global.config {
        let name = path.display().to_string();
        layers = layers.file(&name, Format::of(path), &read_text(path)?)?;
    }
    let variable = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    layers = layers.environment(std::env::vars_os().filter_map(variable))?;
    if let Some(retention) = global.retention {
        layers = layers.flag("--retention", "node.retention_blocks", json!(retention))?;
    }
    if let Some(threads) = global.threads {
        layers = layers.flag("--threads", "execution.threads", json!(threads))?;
    }
    if let Some(address) = global.metrics {
        layers = layers.flag("--metrics", "metrics.listen", json!(address))?;
    }
    if global.verify_parallel {
        layers = layers.flag("--verify-parallel", "execution.verify", json!(true))?;
    }
    Ok(layers.resolve()?)
}

/// The configuration, with this program as the one that compiles unless it names another.
pub(crate) fn config(global: &Global) -> Result<Config, Failure> {
    let mut config = resolved(global)?.config;
    let worker = &mut config.vm.wasm.worker;
    if let (None, Ok(braid)) = (&worker.command, std::env::current_exe()) {
        worker.command = Some(braid);
        worker.arguments = vec!["compile-worker".to_owned()];
    }
    Ok(config)
}

/// The engine over the data folder, or in memory where none is named. It logs, and serves its
/// figures, as the configuration says.
pub(crate) fn engine(global: &Global) -> Result<Engine, Failure> {
    let config = config(global)?;
    telemetry::log(&config.log);
    let listen = config.metrics.listen;
    let engine = match &global.data {
        Some(folder) => Engine::open(folder, config)?,
        None => Engine::in_memory(config)?,
    };
    if let Some(address) = listen {
        let bound = telemetry::serve(address, engine.monitor(), global.data.as_deref())?;
        Output::new(global).remark(format!("figures at http://{bound}/metrics"));
    }
    Ok(engine)
}

/// The state that the person wants to look at.
pub(crate) fn state<'a>(engine: &'a Engine, moment: &Moment) -> Result<StateAt<'a>, Failure> {
    match moment.block {
        Some(block) => Ok(engine.at(block)?),
        None => Ok(engine.latest()),
    }
}

/// Coin and gas of a call in the words of the command line.
pub(crate) fn amounts(caller: &Caller) -> Result<(Wei, Option<Gas>), Failure> {
    let value = braidvm::parse_amount(&caller.value)
        .map_err(|reason| Failure::usage(format!("--value: {reason}")))?;
    Ok((value, caller.gas_limit.map(Gas)))
}

/// The bytes that hexadecimal text denotes; `what` is named where it denotes none.
pub(crate) fn hexadecimal(what: &str, digits: &str) -> Result<Vec<u8>, Failure> {
    alloy_primitives::hex::decode(digits.trim())
        .map_err(|error| Failure::usage(format!("{what} is not hexadecimal: {error}")))
}

/// The bytes of a signed transaction: hexadecimal, or after `base64:` what a client of Solana
/// wrote.
pub(crate) fn transaction(what: &str, text: &str) -> Result<Vec<u8>, Failure> {
    let Some(text) = text.trim().strip_prefix("base64:") else { return hexadecimal(what, text) };
    let bytes = BASE64.decode(text);
    let bytes = bytes.map_err(|error| Failure::usage(format!("{what} is not base64: {error}")))?;
    Ok([vec![SOLANA_TYPE], bytes].concat())
}

/// The bytes of a file that the person named.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let file =
        File::open(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    read_limited(path, file)
}

/// The text of a file that the person named, or of stdin where that is `-`.
pub(crate) fn read_stream(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return read_text(path);
    }
    let path = Path::new("stdin");
    as_text(path, read_limited(path, std::io::stdin().lock())?)
}

fn read_limited(path: &Path, source: impl Read) -> Result<Vec<u8>, Failure> {
    let wrong = |reason: &dyn Display| Failure::usage(format!("{}: {reason}", path.display()));
    let mut bytes = Vec::new();
    let mut limited = source.take(FILE_BYTES_MAX + 1);
    limited.read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(wrong(&format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// The text of a file that the person named.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    as_text(path, read_bytes(path)?)
}

fn as_text(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{} is not text", path.display())))
}

/// The interface in a file: an ABI as JSON, or a Solidity signature on each line; `#` starts a
/// remark.
pub(crate) fn interface(path: &Path) -> Result<Interface, Failure> {
    let text = read_text(path)?;
    let interface = if text.trim_start().starts_with(['[', '{']) {
        Interface::from_json(&text)
    } else {
        let lines = text.lines().map(str::trim);
        let lines: Vec<_> =
            lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        Interface::from_signatures(&lines)
    };
    interface.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// The name of a file without folder and ending.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |it| it.to_string_lossy().into())
}
