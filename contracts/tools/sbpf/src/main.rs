//! Assembles a program: `assemble-sbpf SOURCE PROGRAM`. The program is an ELF file of the first
//! version of sBPF, which every chain of Solana runs.

use std::{env, error::Error, fs};

use sbpf_assembler::{Assembler, AssemblerOption, SbpfArch};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [source, program] = arguments.as_slice() else {
        return Err("assemble-sbpf takes a source and a program".into());
    };
    let text = fs::read_to_string(source)?;
    let assembler = Assembler::new(AssemblerOption::default().with_arch(SbpfArch::V0));
    let bytes = assembler.assemble(&text).map_err(|errors| format!("{source}: {errors:?}"))?;
    fs::write(program, bytes)?;
    Ok(())
}
