//! Which file a specifier means.

use serde_json::Value;

use super::ReadFile;
use crate::{abi::MODULES, error::CompileError, unit::NAME_BYTES_MAX};

/// What is tried behind a path, in this order.
const ENDINGS: [&str; 8] = ["", ".ts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];

/// What a specifier means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of the project.
    File(String),
    /// A module of the runtime.
    Builtin,
}

pub(super) struct Resolver<'f> {
    pub(super) read: ReadFile<'f>,
}

impl Resolver<'_> {
    pub(super) fn read(&self, name: &str) -> Result<String, CompileError> {
        let text = (self.read)(name);
        text.ok_or_else(|| CompileError::Project(format!("{name} cannot be read")))
    }

    /// The file that the author names as the contract.
    pub(super) fn entry(&self, path: &str) -> Result<String, CompileError> {
        let path = normal("", path).and_then(|path| self.with_ending(&path));
        path.ok_or_else(|| CompileError::Project("there is no such contract source".to_owned()))
    }

    /// What `specifier` means in the module `from`; an error in words.
    pub(super) fn resolve(&self, from: &str, specifier: &str) -> Result<Place, String> {
        if MODULES.iter().any(|module| module.name == specifier) {
            return Ok(Place::Builtin);
        }
        let found = if specifier.starts_with("./") || specifier.starts_with("../") {
            let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
            normal(folder, specifier).and_then(|path| self.with_ending(&path))
        } else {
            self.package(specifier)
        };
        let name = found.ok_or_else(|| missing(specifier))?;
        if name.len() > NAME_BYTES_MAX {
            return Err(format!("the path of a module has more than {NAME_BYTES_MAX} bytes"));
        }
        Ok(Place::File(name))
    }

    fn with_ending(&self, path: &str) -> Option<String> {
        let exists = |path: &String| (self.read)(path).is_some();
        let is_source = |path: &String| {
            !path.is_empty() && path.rsplit('/').next().is_some_and(|file| file.contains('.'))
        };
        let candidates = ENDINGS.iter().map(|ending| format!("{path}{ending}"));
        let found = candidates.filter(is_source).find(exists);
        // TypeScript imports `./a.js` and means `./a.ts`.
        found.or_else(|| {
            let stem = path.strip_suffix(".js").or_else(|| path.strip_suffix(".mjs"))?;
            Some(format!("{stem}.ts")).filter(exists)
        })
    }

    /// A package under `node_modules`, whole or a file of it.
    fn package(&self, specifier: &str) -> Option<String> {
        let parts: Vec<&str> = specifier.split('/').collect();
        let length = if specifier.starts_with('@') { 2 } else { 1 };
        let (name, rest) = parts.split_at_checked(length)?;
        let folder = format!("node_modules/{}", name.join("/"));
        if !rest.is_empty() {
            return self.with_ending(&normal(&folder, &rest.join("/"))?);
        }
        let manifest = (self.read)(&format!("{folder}/package.json"))?;
        let manifest: Value = serde_json::from_str(&manifest).ok()?;
        let exported = manifest.get("exports").map(|exports| exports.get(".").unwrap_or(exports));
        let conditions = ["braid", "import", "module", "default", "require"];
        let exported = exported.and_then(|exported| match exported {
            Value::String(path) => Some(path.as_str()),
            other => conditions.iter().find_map(|condition| other.get(*condition)?.as_str()),
        });
        let fields = ["module", "main"].iter().find_map(|field| manifest.get(*field)?.as_str());
        let path = exported.or(fields).unwrap_or("index.js");
        self.with_ending(&normal(&folder, path)?)
    }
}

fn missing(specifier: &str) -> String {
    if specifier.starts_with('.') {
        return format!("there is no file `{specifier}`");
    }
    format!(
        "there is no module `{specifier}`: neither built in nor under node_modules (built in: {})",
        MODULES.iter().map(|module| module.name).collect::<Vec<_>>().join(", ")
    )
}

/// A path without `.` and `..`; none where it leaves the project.
fn normal(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(files: &[&str], from: &str, specifier: &str) -> Result<Place, String> {
        let manifest = r#"{ "exports": { ".": { "import": "./lib/a.js" } } }"#;
        let read = |path: &str| {
            files.contains(&path).then(|| {
                if path.ends_with("package.json") { manifest.to_owned() } else { String::new() }
            })
        };
        Resolver { read: &read }.resolve(from, specifier)
    }

    #[test]
    fn specifiers_mean_files() {
        let file = |name: &str| Ok(Place::File(name.to_owned()));
        assert_eq!(resolve(&["src/b.ts"], "src/a.ts", "./b"), file("src/b.ts"));
        assert_eq!(resolve(&["src/b.ts"], "src/a.ts", "./b.js"), file("src/b.ts"));
        assert_eq!(resolve(&["lib/index.js"], "src/a.ts", "../lib"), file("lib/index.js"));
        let package = ["node_modules/@a/b/package.json", "node_modules/@a/b/lib/a.js"];
        assert_eq!(resolve(&package, "a.ts", "@a/b"), file("node_modules/@a/b/lib/a.js"));
        assert_eq!(resolve(&package, "a.ts", "@a/b/lib/a"), file("node_modules/@a/b/lib/a.js"));
        assert_eq!(resolve(&[], "a.ts", "chain"), Ok(Place::Builtin));
        assert!(resolve(&["b.ts"], "a.ts", "../b").is_err());
        assert!(resolve(&["b.ts"], "a.ts", "b").is_err());
    }
}
