//! The configuration: `config explain`, `config check`.

use std::path::Path;

use braidvm::{Format, Layers};
use serde_json::{Value as Json, json};

use crate::{
    cli::{ConfigCommand, Global},
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn run(
    global: &Global,
    command: &ConfigCommand,
    output: &Output,
) -> Result<(), Failure> {
    match command {
        ConfigCommand::Explain { key } => explain(global, key.as_deref(), output),
        ConfigCommand::Check { file } => check(file, output),
    }
}

/// Every value, or those of one key or section.
fn explain(global: &Global, key: Option<&str>, output: &Output) -> Result<(), Failure> {
    let explained = context::resolved(global)?.explain();
    let is_wanted = |path: &str| {
        key.is_none_or(|key| {
            let rest = path.strip_prefix(key.trim_end_matches('.'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let wanted: Vec<_> = explained.iter().filter(|line| is_wanted(&line.key)).collect();
    if let (true, Some(key)) = (wanted.is_empty(), key) {
        let known = "`braid config explain` lists all";
        return Err(Failure::usage(format!("there is no key or section \"{key}\"; {known}")));
    }
    let mut rows = Vec::new();
    for line in wanted {
        output.json(line)?;
        let value = match &line.value {
            Json::Null => "-".to_owned(),
            Json::String(text) => text.clone(),
            value => value.to_string(),
        };
        rows.push(vec![line.key.clone(), value, line.origin.to_string(), line.meaning.to_owned()]);
    }
    output.table(&["key", "value", "from", "meaning"], &rows)
}

/// Reads one file by itself, and says what is wrong with it.
fn check(file: &Path, output: &Output) -> Result<(), Failure> {
    let name = file.display().to_string();
    let text = context::read_text(file)?;
    let resolved = Layers::new().file(&name, Format::of(file), &text)?.resolve()?;
    let is_set = |it: &braidvm::Explained| it.origin != braidvm::Origin::Default;
    let count = resolved.explain().into_iter().filter(is_set).count();
    output.json(&json!({ "file": name, "sound": true, "settings": count }))?;
    output.line(format!("{name} is sound: {count} settings"))
}
