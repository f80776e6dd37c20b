//! Runs every test in network, mount and process namespaces of its own: whatever it
//! leaves behind goes with them.

use std::{
    env,
    process::{Command, Stdio},
    time::Duration,
};

const MARK: &str = "PERSYS_FAULTD_TEST_ISOLATED";
/// A test that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(90);

/// Tests that run isolated.
macro_rules! isolated {
    ($($(#[$attribute:meta])* async fn $name:ident() $body:block)*) => {$(
        #[test]
        $(#[$attribute])*
        fn $name() {
            $crate::isolation::run(concat!(module_path!(), "::", stringify!($name)), async $body);
        }
    )*};
}

/// Runs a test here if this process is isolated, or else this program again, isolated,
/// with this test alone.
pub fn run(path: &str, test: impl Future<Output = ()>) {
    if env::var_os(MARK).is_some() {
        persys_identity::install_crypto();
        mount_temporary();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            tokio::time::timeout(PATIENCE, test).await.expect("the test hangs");
        });
        runtime.shutdown_background();
        return;
    }
    assert!(nix::unistd::geteuid().is_root(), "this test needs root for its namespaces");
    let (_crate_name, test_name) = path.split_once("::").unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test_name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test_name} failed when isolated:\n{out}\n{err}");
    assert!(out.contains("1 passed"), "{test_name} was not found:\n{out}\n{err}");
}

/// Files go as well, whatever is mounted or left among them.
fn mount_temporary() {
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256m", "tmpfs"])
        .arg(env::temp_dir())
        .status();
    assert!(status.unwrap().success());
}
