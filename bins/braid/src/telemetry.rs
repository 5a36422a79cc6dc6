//! What a running command tells beside its result: its log on stderr, and figures over HTTP.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use braidvm::{
    LogConfig, LogFormat, LogLevel,
    metrics::{Monitor, Status},
};
use tiny_http::{Header, Method, Request, Response, Server};
use tracing_subscriber::filter::LevelFilter;

use crate::failure::Failure;

/// The file of a data folder that says where the process that works on it serves figures.
const ADDRESS_FILE: &str = "metrics-address";

/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// Sends the log to stderr. The first call in a process counts.
pub(crate) fn log(config: &LogConfig) {
    let level = match config.level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    // A second engine of the same command logs to where the first one does.
    let _ = match config.format {
        LogFormat::Text => tracing::subscriber::set_global_default(lines.with_ansi(false).finish()),
        LogFormat::Json => {
            tracing::subscriber::set_global_default(lines.json().flatten_event(true).finish())
        }
    };
}

/// Whose figures this process serves, and where: those of the engine that was opened last.
static SERVED: Mutex<Option<(SocketAddr, Arc<Mutex<Monitor>>)>> = Mutex::new(None);

/// Serves figures on a thread of its own until the process ends, and tells where. A later call
/// changes whose figures are served, not where.
pub(crate) fn serve(
    address: SocketAddr,
    monitor: Monitor,
    folder: Option<&Path>,
) -> Result<SocketAddr, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::usage(format!("figures cannot be served on {address}: {error}"))
    };
    let mut served = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((bound, current)) = &*served {
        *current.lock().unwrap_or_else(PoisonError::into_inner) = monitor;
        return Ok(*bound);
    }
    let server = Server::http(address).map_err(|error| wrong(&error))?;
    let bound = server.server_addr().to_ip().unwrap_or(address);
    if let Some(folder) = folder {
        fs::write(folder.join(ADDRESS_FILE), bound.to_string())?;
    }
    let monitor = Arc::new(Mutex::new(monitor));
    *served = Some((bound, Arc::clone(&monitor)));
    let answer_all = move || {
        for request in server.incoming_requests() {
            let monitor = monitor.lock().unwrap_or_else(PoisonError::into_inner).clone();
            answer(request, &monitor);
        }
    };
    thread::Builder::new().name("braid-metrics".to_owned()).spawn(answer_all)?;
    Ok(bound)
}

/// The status of the process that serves at an address.
pub(crate) fn ask(address: &str) -> Result<Status, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        let hint = "is a command running with --metrics?";
        Failure::usage(format!("no figures from {address}: {error}; {hint}"))
    };
    let base = address.trim_end_matches('/').trim_end_matches("/metrics");
    let scheme = if base.contains("://") { "" } else { "http://" };
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(ANSWER_TIME_MAX)).build().into();
    let mut answer =
        agent.get(format!("{scheme}{base}/status")).call().map_err(|error| wrong(&error))?;
    let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    let text = text.map_err(|error| wrong(&error))?;
    serde_json::from_str(&text).map_err(|error| wrong(&error))
}

/// Where the process that works on a folder serves, as far as the folder knows.
pub(crate) fn address_in(folder: &Path) -> Option<String> {
    let file: PathBuf = folder.join(ADDRESS_FILE);
    fs::read_to_string(file).ok().map(|text| text.trim().to_owned())
}

/// Who does not wait for the answer has had enough.
fn answer(request: Request, monitor: &Monitor) {
    let path = request.url().split('?').next().unwrap_or_default().to_owned();
    let page = match (request.method(), path.as_str()) {
        (Method::Get, "/metrics") => {
            monitor.prometheus().map(|text| (text, "text/plain; version=0.0.4"))
        }
        (Method::Get, "/status") => monitor.status().map(|status| {
            let text = serde_json::to_string(&status);
            (text.expect("invariant: a status can be written"), "application/json")
        }),
        (Method::Get, _) => {
            let text = "figures are at /metrics and /status\n";
            let _ = request.respond(Response::from_string(text).with_status_code(404));
            return;
        }
        _ => {
            let _ = request.respond(Response::empty(405));
            return;
        }
    };
    let _ = match page {
        Ok((text, kind)) => {
            let header = Header::from_bytes("Content-Type", kind);
            let header = header.expect("invariant: a header of our own is one");
            request.respond(Response::from_string(text).with_header(header))
        }
        Err(error) => {
            request.respond(Response::from_string(error.to_string()).with_status_code(500))
        }
    };
}
