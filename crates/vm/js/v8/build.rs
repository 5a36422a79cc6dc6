//! Builds the shim against V8 where there is one: in `.deps`, where `setup-v8.sh` puts it, in the
//! folder that `LIBNODE_PREFIX` names, or in that of the system. Without V8 the crate is built all
//! the same, and says at run time that it has none.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the library of V8 is called, before its number.
const LIBRARY: &str = "libnode.so.";

/// Headers and library of one V8, from the same place: those of two do not go together.
struct Installed {
    headers: PathBuf,
    libraries: PathBuf,
    name: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../../..");
    for path in ["src/shim.cc", "src/values.h", "build.rs"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=LIBNODE_PREFIX");
    if env::var_os("CARGO_FEATURE_V8").is_none() {
        return Ok(());
    }
    let prefixes = match env::var_os("LIBNODE_PREFIX") {
        Some(prefix) => vec![PathBuf::from(prefix)],
        None => vec![root.join(".deps/libnode/usr"), PathBuf::from("/usr")],
    };
    let found = prefixes.iter().find_map(|prefix| find(prefix));
    let own = root.join(".deps/libnode");
    if found.is_none() || own.exists() {
        println!("cargo:rerun-if-changed={}", own.display());
    }
    let result = match found {
        Some(installed) => build(&installed),
        None => Err("no libnode with headers was found".into()),
    };
    if let Err(error) = result {
        println!(
            "cargo:warning=V8 is not built in: {error}. Run ./setup-v8.sh, or set LIBNODE_PREFIX \
             to a folder with include/node/v8.h and lib/libnode.so.N"
        );
    }
    Ok(())
}

fn find(prefix: &Path) -> Option<Installed> {
    let headers = prefix.join("include/node");
    if !headers.join("v8.h").exists() || !headers.join("libplatform/libplatform.h").exists() {
        return None;
    }
    let lib = prefix.join("lib");
    let of_machines = lib.read_dir().ok()?.flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = of_machines.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.insert(0, lib);
    folders.into_iter().find_map(|libraries| {
        let names = libraries.read_dir().ok()?.flatten().map(|entry| entry.file_name());
        let mut names = names.filter_map(|name| name.into_string().ok());
        let name = names.find(|name| name.starts_with(LIBRARY))?;
        Some(Installed {
            headers: headers.clone(),
            libraries: libraries.canonicalize().ok()?,
            name,
        })
    })
}

/// A library of its own, loaded when it is first needed: it finds V8 by its own path, so that no
/// program has to be linked with one.
fn build(installed: &Installed) -> Result<(), Box<dyn Error>> {
    let shim = PathBuf::from(env::var("OUT_DIR")?).join("libbraid_v8.so");
    let compiler = cc::Build::new().cpp(true).warnings(false).try_get_compiler()?;
    let mut command = Command::new(compiler.path());
    let run_path = format!("-Wl,-rpath,$ORIGIN:{}", installed.libraries.display());
    command
        .args(["-std=c++17", "-O2", "-fPIC", "-shared", "-fno-rtti", "-fno-exceptions"])
        .args(["-fvisibility=hidden", "-Wall", "-isystem"])
        .arg(&installed.headers)
        .args(["src/shim.cc", "-o"])
        .arg(&shim)
        .arg("-L")
        .arg(&installed.libraries)
        .arg(format!("-l:{}", installed.name))
        // The older kind of path, by which the libraries of V8 itself are found too.
        .args(["-Wl,--allow-shlib-undefined", "-Wl,--disable-new-dtags"])
        .arg(run_path);
    let output = command.output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().find(|line| line.contains("error")).unwrap_or("it fails");
        return Err(format!("the compiler refuses the shim: {line}").into());
    }
    println!("cargo:rustc-env=SHIM_PATH={}", shim.display());
    Ok(())
}
