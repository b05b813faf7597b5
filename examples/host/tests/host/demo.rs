//! The demo holds every step against RFC 9111 itself.

use std::process::Command;

#[test]
fn the_demo_goes_through_its_day_and_its_update_as_expected() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).output().expect("the demo starts");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("each as RFC 9111 says"), "{text}");
    let count = |end: &str| text.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!((count("connection lost"), count("power lost"), count("complete")), (4, 2, 1), "{text}");
    assert!(text.contains("Verified: sha-256 bdb681e2"), "{text}");
}
