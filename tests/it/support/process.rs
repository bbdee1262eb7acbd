//! Tests that need a process of their own: what they set holds for all threads, or for good.

use std::process::Command;

/// Tells a test that it is in the process made for it.
const ALONE: &str = "GEN3D_TEST_ALONE";

/// A command that runs one test of this program, by its full name, and shows what it prints.
pub fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([test, "--exact", "--include-ignored", "--nocapture"]);
    command
}

/// Runs `body` in a process that runs nothing but `test`, the test that calls this, by its full name.
pub fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return body();
    }
    let output = again(test).env(ALONE, "1").output();
    let output = output.expect("this program starts again");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    eprint!("{said}");
    for why in said
        .lines()
        .filter_map(|line| line.strip_prefix("SKIPPED: "))
    {
        skip!("{why}");
    }
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{test} fails in a process of its own: {said}"
    );
}
