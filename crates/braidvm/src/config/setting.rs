//! One setting: a path, a value, and where it was said.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// Where the value of a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody said it.
    Default,
    /// A line of a file, from 1.
    File {
        /// The file.
        name: String,
        /// The line.
        line: usize,
    },
    /// A variable of the environment.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What one place says of one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    /// The keys from the root, joined by dots.
    pub(super) path: String,
    /// A scalar, a list, or an empty object for a section in which nothing stands.
    pub(super) value: Json,
    pub(super) origin: Origin,
}

/// A key or a value in a file, with the line that it stands on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Scalar(Json),
    List(Vec<Self>),
    Table(Vec<(String, usize, Self)>),
}

impl Node {
    /// The settings of a file; what stands in a list stays together.
    pub(super) fn settings(self, file: &str) -> Vec<Setting> {
        let mut settings = Vec::new();
        self.gather(file, (String::new(), 1), &mut settings);
        settings
    }

    fn gather(self, file: &str, (path, line): (String, usize), settings: &mut Vec<Setting>) {
        match self {
            Self::Table(entries) if !entries.is_empty() || path.is_empty() => {
                for (key, line, node) in entries {
                    let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                    node.gather(file, (path, line), settings);
                }
            }
            node => {
                let origin = Origin::File { name: file.to_owned(), line };
                settings.push(Setting { path, value: node.into_json(), origin });
            }
        }
    }

    fn into_json(self) -> Json {
        match self {
            Self::Scalar(value) => value,
            Self::List(items) => items.into_iter().map(Self::into_json).collect(),
            Self::Table(entries) => {
                let entry = |(key, _, node): (String, usize, Self)| (key, node.into_json());
                Json::Object(entries.into_iter().map(entry).collect())
            }
        }
    }
}

/// The line of a byte of a text, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
