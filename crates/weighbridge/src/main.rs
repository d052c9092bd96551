//! The `weighbridge` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    weighbridge::commands::run()
}
