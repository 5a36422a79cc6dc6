//! What a person or a script sees.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use anstream::AutoStream;
use braidvm::tree::{self, Part};
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize;
use serde::Serialize;
use serde_json::json;

use crate::{
    cli::{ColorWhen, Global},
    failure::Failure,
};

/// How often a progress bar moves by itself.
const PROGRESS_TICK: Duration = Duration::from_millis(120);

/// Where the words of a command go.
#[derive(Debug)]
pub(crate) struct Output {
    is_json: bool,
    is_quiet: bool,
    is_verbose: bool,
    has_color: bool,
    progress_on_terminal: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let has_color = match global.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
                    && io::stdout().is_terminal()
            }
        };
        Self {
            is_json: global.json,
            is_quiet: global.quiet,
            is_verbose: global.verbose,
            has_color: has_color && !global.json,
            progress_on_terminal: io::stderr().is_terminal() && !global.quiet,
        }
    }

    pub(crate) const fn is_verbose(&self) -> bool {
        self.is_verbose
    }

    pub(crate) const fn is_json(&self) -> bool {
        self.is_json
    }

    /// One JSON object on a line, where JSON is wanted.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        if !self.is_json {
            return Ok(());
        }
        let mut line = serde_json::to_vec(value).map_err(anyhow::Error::from)?;
        line.push(b'\n');
        io::stdout().lock().write_all(&line)?;
        Ok(())
    }

    /// A line for people, where no JSON is wanted.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        if self.is_json {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_ref().as_bytes())?;
        stdout.write_all(b"\n")?;
        Ok(())
    }

    /// A remark beside the result, on stderr.
    pub(crate) fn remark(&self, text: impl AsRef<str>) {
        if !self.is_quiet && !self.is_json {
            let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
        }
    }

    pub(crate) fn heading(&self, text: &str) -> Result<(), Failure> {
        let text = if self.has_color { text.bold().to_string() } else { text.to_owned() };
        self.line(format!("\n{text}"))
    }

    pub(crate) fn table(&self, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
        table.add_rows(rows.iter().cloned());
        self.line(table.to_string())
    }

    /// A call tree with its machines and outcomes in colors.
    pub(crate) fn tree(&self, call: &braidvm::decode::DecodedCall) -> Result<(), Failure> {
        let text = match self.has_color {
            true => tree::render_with(call, &paint),
            false => tree::render(call),
        };
        self.line(text.trim_end())
    }

    /// A progress bar on stderr; invisible where nobody would see it.
    pub(crate) fn progress(&self, what: &str, total: u64) -> ProgressBar {
        let target = match self.progress_on_terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target((total > 0).then_some(total), target);
        let template = match total {
            0 => "{spinner} {msg} {human_pos} [{elapsed}]",
            _ => "{msg} {wide_bar} {human_pos}/{human_len} [{elapsed}, {eta} left]",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(PROGRESS_TICK);
        bar
    }

    /// The failure as an object on stdout.
    pub(crate) fn json_failure(failure: &Failure) {
        let object = json!({ "error": { "kind": failure.kind(), "message": failure.message() } });
        let _ = writeln!(io::stdout().lock(), "{object}");
    }

    /// The failure: on stderr for people, as JSON on stdout for scripts.
    pub(crate) fn failure(&self, failure: &Failure) {
        let message = failure.message();
        if self.is_json {
            Self::json_failure(failure);
        }
        let label = match (failure, self.has_color) {
            (Failure::Contract(_), true) => "failed:".red().bold().to_string(),
            (Failure::Contract(_), false) => "failed:".to_owned(),
            (_, true) => "error:".red().bold().to_string(),
            (_, false) => "error:".to_owned(),
        };
        let _ = writeln!(io::stderr().lock(), "{label} {message}");
    }
}

fn paint(part: Part, text: &str) -> String {
    match part {
        Part::Branch | Part::Gas => text.dimmed().to_string(),
        Part::Machine => text.cyan().bold().to_string(),
        Part::Contract => text.yellow().to_string(),
        Part::Success => text.green().to_string(),
        Part::Failure => text.red().to_string(),
        Part::Debug => text.magenta().to_string(),
        _ => text.to_owned(),
    }
}
