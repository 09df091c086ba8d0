//! The packs are compiled into the program: an edited rule, word or entry must make a new program.

fn main() {
    for folder in ["rules", "dictionaries", "kb-index"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
