//! A container in ten lines: runs a command in the image that wcr carries, and looks at what it wrote.

use wcr_container::{RunError, RunOptions, Settings, builtin, run_captured};

fn main() -> Result<(), RunError> {
    let image = builtin()?;
    let command = ["sh", "-c", "read name; echo hello $name; exit 3"].map(|word| word.as_bytes().to_vec()).to_vec();
    let options =
        RunOptions { settings: Settings { command, ..Settings::default() }, stdin: true, ..RunOptions::default() };
    let ended = run_captured(&image, options, b"world\n".to_vec())?;
    print!("exit code {}: {}", ended.outcome.code, String::from_utf8_lossy(&ended.stdout));
    Ok(())
}
