//! A configuration put together from files, the environment and flags, each above the one before.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{
    Config, ConfigError,
    foreign::{self, Meaning},
    keys,
    setting::{Origin, Setting},
    toml_text, yaml_text,
};

/// How many letters may differ between a key and the one that was meant.
const DISTANCE_MAX: usize = 3;

/// What separates the sections of a key in a variable of the environment.
const SECTION_SEPARATOR: &str = "__";

/// The form of a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// Settings of several places. What is said later holds over what was said before.
///
/// ```
/// use braidvm::{Format, Layers, Origin};
///
/// # fn main() -> Result<(), braidvm::ConfigError> {
/// let resolved = Layers::new()
///     .file("node.yaml", Format::Yaml, "vm:\n  evm:\n    version: london\n")?
///     .environment([("BRAID_VM__EVM__VERSION".to_owned(), "berlin".to_owned())])?
///     .resolve()?;
/// assert_eq!(resolved.config.vm.evm.version.to_string(), "berlin");
/// let origin = Origin::Environment("BRAID_VM__EVM__VERSION".to_owned());
/// assert_eq!(*resolved.origin("vm.evm.version"), origin);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Layers {
    defaults: Json,
    settings: BTreeMap<String, (Json, Origin)>,
}

/// A configuration, and where each of its values comes from.
#[derive(Debug, Clone)]
pub struct ResolvedConfig {
    /// The configuration.
    pub config: Config,
    origins: BTreeMap<String, Origin>,
}

/// One value of a configuration, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// The key with its sections, joined by dots.
    pub key: String,
    /// Its value; null where there is none.
    pub value: Json,
    /// Where the value comes from.
    pub origin: Origin,
    /// What it means.
    pub meaning: &'static str,
}

impl Format {
    /// The form that the ending of a name tells: `.yaml` and `.yml` are YAML, all else is TOML.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().and_then(|it| it.to_str()).map(str::to_lowercase);
        match ending.as_deref() {
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::Toml,
        }
    }
}

impl Default for Layers {
    fn default() -> Self {
        Self::new()
    }
}

impl Layers {
    /// The defaults alone.
    ///
    /// # Panics
    ///
    /// Never: the defaults can be written.
    #[must_use]
    pub fn new() -> Self {
        let defaults = serde_json::to_value(Config::default());
        let defaults = defaults.expect("invariant: the defaults can be written as JSON");
        Self { defaults, settings: BTreeMap::new() }
    }

    /// Adds the settings of a file; `name` is named in errors and origins.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every line that is wrong: text that does not read, unknown keys with a
    /// suggestion, values out of range, and what is refused with its reason.
    pub fn file(self, name: &str, format: Format, text: &str) -> Result<Self, ConfigError> {
        let read = match format {
            Format::Toml => toml_text::read(text),
            Format::Yaml => yaml_text::read(text),
        };
        let root = read.map_err(|reason| ConfigError { origin: name.to_owned(), reason })?;
        self.layer(name, root.settings(name))
    }

    /// Adds the settings of the environment: variables that begin with `BRAID_` and have two
    /// underscores between sections and key, as in `BRAID_VM__EVM__VERSION`. Lists are written with
    /// commas or as JSON. All other variables are left alone.
    ///
    /// # Errors
    ///
    /// As [`file`](Self::file).
    pub fn environment(
        self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let setting = |(name, text): (String, String)| {
            let key = name.strip_prefix("BRAID_").filter(|key| key.contains(SECTION_SEPARATOR))?;
            let path = key.to_lowercase().replace(SECTION_SEPARATOR, ".");
            let value = self.typed(&path, &text);
            Some(Setting { path, value, origin: Origin::Environment(name) })
        };
        let mut settings: Vec<_> = variables.into_iter().filter_map(setting).collect();
        settings.sort_by(|left, right| left.path.cmp(&right.path));
        self.layer("of the environment", settings)
    }

    /// Adds one setting of a flag.
    ///
    /// # Errors
    ///
    /// As [`file`](Self::file).
    pub fn flag(self, flag: &str, path: &str, value: Json) -> Result<Self, ConfigError> {
        let origin = Origin::Flag(flag.to_owned());
        self.layer(flag, vec![Setting { path: path.to_owned(), value, origin }])
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where settings that are sound by themselves do not go together.
    pub fn resolve(self) -> Result<ResolvedConfig, ConfigError> {
        let wrong = |reason: String| {
            let mut origins: Vec<_> =
                self.settings.values().map(|(_, it)| it.to_string()).collect();
            origins.dedup();
            ConfigError { origin: origins.join(", "), reason }
        };
        let mut tree = self.defaults.clone();
        for (path, (value, _)) in &self.settings {
            put(&mut tree, path, value.clone());
        }
        let config: Config =
            serde_json::from_value(tree).map_err(|error| wrong(error.to_string()))?;
        config.check().map_err(wrong)?;
        let origins = self.settings.into_iter().map(|(path, (_, origin))| (path, origin));
        Ok(ResolvedConfig { config, origins: origins.collect() })
    }

    /// Lays settings over those that are there. All that are wrong are named.
    fn layer(mut self, name: &str, settings: Vec<Setting>) -> Result<Self, ConfigError> {
        let (mut wrong, mut said) = (Vec::new(), BTreeMap::new());
        for setting in settings {
            let origin = setting.origin.clone();
            match self.translated(setting) {
                Ok(settings) => {
                    for (path, value) in settings {
                        let before = said.insert(path.clone(), (value, origin.clone()));
                        if let Some((_, first)) = before {
                            wrong.push(format!("{origin}: {path} is said at {first} already"));
                        }
                    }
                }
                Err(reason) => wrong.push(format!("{origin}: {reason}")),
            }
        }
        if wrong.is_empty() {
            self.settings.append(&mut said);
            return Ok(self);
        }
        Err(ConfigError { origin: name.to_owned(), reason: wrong.join("\n") })
    }

    /// The settings, in Braid's words, that one setting comes to.
    fn translated(&self, setting: Setting) -> Result<Vec<(String, Json)>, String> {
        let Setting { path, value, .. } = setting;
        let named = |reason: String| format!("{path}: {reason}");
        let is_empty = |value: &Json| value.as_object().is_some_and(Map::is_empty);
        let meant = match is_empty(&value) {
            true => Meaning::Own,
            false => foreign::meaning(&path, &value).map_err(named)?,
        };
        let settings = match meant {
            Meaning::Own => vec![(path.clone(), value)],
            Meaning::Settings(settings) => {
                settings.into_iter().map(|(path, value)| (path.to_owned(), value)).collect()
            }
        };
        let mut kept = Vec::new();
        for (path, value) in settings {
            let is_section = self.known(&path)?;
            match is_section {
                true if is_empty(&value) => {}
                true => return Err(named("this is a section, with keys in it".to_owned())),
                false => {
                    self.try_value(&path, &value).map_err(named)?;
                    kept.push((path, value));
                }
            }
        }
        Ok(kept)
    }

    /// Whether a path is that of a section rather than of a key.
    fn known(&self, path: &str) -> Result<bool, String> {
        let mut place = &self.defaults;
        for part in path.split('.') {
            let Json::Object(keys) = place else {
                // What is nothing by default may be a table.
                if place.is_null() {
                    return Ok(false);
                }
                return Err(format!("unknown key `{path}`: nothing stands below it"));
            };
            place = keys.get(part).ok_or_else(|| unknown(path, part, keys))?;
        }
        Ok(place.as_object().is_some_and(|keys| !keys.is_empty()))
    }

    /// Whether the defaults with this value alone are a configuration.
    fn try_value(&self, path: &str, value: &Json) -> Result<(), String> {
        let mut tree = self.defaults.clone();
        put(&mut tree, path, value.clone());
        let text = |error: serde_json::Error| block::with_suggestion(&error.to_string());
        let config: Config = serde_json::from_value(tree).map_err(text)?;
        config.check_values()
    }

    /// The value that text means, by what its key has by default.
    fn typed(&self, path: &str, text: &str) -> Json {
        let default = path.split('.').try_fold(&self.defaults, |place, part| place.get(part));
        let plain = || Json::String(text.to_owned());
        let read = || serde_json::from_str::<Json>(text).ok();
        match default {
            Some(Json::Array(_)) => read().filter(Json::is_array).unwrap_or_else(|| {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(Json::from).collect()
            }),
            Some(Json::String(_)) => plain(),
            _ => read().unwrap_or_else(plain),
        }
    }
}

impl ResolvedConfig {
    /// Where the value of a key comes from.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// Every value with its origin and meaning, in the order of the sections.
    ///
    /// # Panics
    ///
    /// Never: a configuration can be written.
    #[must_use]
    pub fn explain(&self) -> Vec<Explained> {
        let tree = serde_json::to_value(&self.config);
        let tree = tree.expect("invariant: a configuration can be written as JSON");
        let mut lines = Vec::new();
        self.explain_below(String::new(), tree, &mut lines);
        lines
    }

    fn explain_below(&self, path: String, value: Json, lines: &mut Vec<Explained>) {
        match value {
            Json::Object(keys) if !keys.is_empty() => {
                for (key, value) in keys {
                    let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                    self.explain_below(path, value, lines);
                }
            }
            value => {
                let (origin, meaning) = (self.origin(&path).clone(), keys::meaning(&path));
                let meaning = meaning.unwrap_or_default();
                lines.push(Explained { key: path, value, origin, meaning });
            }
        }
    }
}

/// Puts a value at a path and makes the sections on the way.
fn put(tree: &mut Json, path: &str, value: Json) {
    let mut place = tree;
    for part in path.split('.') {
        if !place.is_object() {
            *place = Json::Object(Map::new());
        }
        place = match place {
            Json::Object(keys) => keys.entry(part).or_insert(Json::Null),
            _ => unreachable!("invariant: it was made an object"),
        };
    }
    *place = value;
}

fn unknown(path: &str, part: &str, keys: &Map<String, Json>) -> String {
    let near = |known: &String| (strsim::levenshtein(part, known), known.clone());
    let nearest = keys.keys().map(near).filter(|(distance, _)| *distance <= DISTANCE_MAX).min();
    let known: Vec<_> = keys.keys().map(|key| format!("`{key}`")).collect();
    let suggestion =
        nearest.map_or_else(String::new, |(_, key)| format!("; did you mean `{key}`?"));
    format!("unknown key `{path}`, expected one of {}{suggestion}", known.join(", "))
}
