//! The names of labs that live. A lab holds an abstract unix socket of its name
//! in the host's network namespace; the kernel frees it when the lab's outermost
//! process ends, so there is no lock to go stale and nothing on disk.

use std::{
    fs, io,
    os::{linux::net::SocketAddrExt, unix::net},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::cgroups::check_name;

const LAB: &str = "persys-lab/";
/// Held by the janitor, which outlives its lab while it cleans up.
const JANITOR: &str = "persys-lab-janitor/";
const DEFAULT: &str = "lab";
/// More labs than a machine could bear.
const MOST: u32 = 100;

/// A name that is this process's until it ends.
pub struct Claim {
    pub name: String,
    pub listener: net::UnixListener,
}

/// Takes the name, or the first free one of `lab`, `lab-2`, ….
pub fn claim(wanted: Option<&str>) -> Result<Claim> {
    if let Some(name) = wanted {
        check_name(name)?;
        return match bind(LAB, name)? {
            Some(listener) => Ok(Claim { name: name.to_owned(), listener }),
            None => bail!(
                "take the name {name}: a lab of that name is up; end it with \
                 `persys-lab down --name {name}` or choose another name"
            ),
        };
    }
    for number in 1..=MOST {
        let name = if number == 1 { DEFAULT.to_owned() } else { format!("{DEFAULT}-{number}") };
        if let Some(listener) = bind(LAB, &name)? {
            return Ok(Claim { name, listener });
        }
    }
    bail!("find a free name: {MOST} labs are up; end them with `persys-lab down --all`")
}

/// Waits for the janitor of a lab of the same name that has just ended.
pub fn claim_janitor(lab: &str, patience: Duration) -> Result<net::UnixListener> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(listener) = bind(JANITOR, lab)? {
            return Ok(listener);
        }
        if Instant::now() > deadline {
            bail!("wait for the end of an earlier lab {lab}: its janitor still cleans up");
        }
        // The kernel gives no notice when a name gets free.
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The labs that live, by name.
pub fn living() -> Result<Vec<String>> {
    named(LAB)
}

/// Labs whose end is not complete yet are among them.
pub fn living_or_ending() -> Result<Vec<String>> {
    let mut names = named(LAB)?;
    names.extend(named(JANITOR)?);
    names.sort();
    names.dedup();
    Ok(names)
}

pub fn connect(lab: &str) -> io::Result<net::UnixStream> {
    net::UnixStream::connect_addr(&address(LAB, lab)?)
}

fn bind(prefix: &str, name: &str) -> Result<Option<net::UnixListener>> {
    match net::UnixListener::bind_addr(&address(prefix, name)?) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error).with_context(|| format!("take the name {name}")),
    }
}

fn address(prefix: &str, name: &str) -> io::Result<net::SocketAddr> {
    net::SocketAddr::from_abstract_name(format!("{prefix}{name}"))
}

fn named(prefix: &str) -> Result<Vec<String>> {
    let table = fs::read_to_string("/proc/net/unix").context("read /proc/net/unix")?;
    Ok(listed(&table, prefix))
}

/// Abstract names are shown with an at sign. Connections bear the name as well.
fn listed(table: &str, prefix: &str) -> Vec<String> {
    let mut names: Vec<String> = table
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().nth(7))
        .filter_map(|path| path.strip_prefix('@')?.strip_prefix(prefix))
        .filter(|name| check_name(name).is_ok())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labs_are_found_in_the_kernel_s_table() {
        let table = "\
Num       RefCount Protocol Flags    Type St Inode Path
0000: 00000002 00000000 00010000 0001 01 1001 @persys-lab/lab-2
0000: 00000003 00000000 00000000 0001 03 1002 @persys-lab/lab-2
0000: 00000002 00000000 00010000 0001 01 1003 @persys-lab-janitor/gone
0000: 00000002 00000000 00010000 0001 01 1004 /run/persys-lab/x
0000: 00000003 00000000 00000000 0001 03 1005
";
        assert_eq!(listed(table, LAB), ["lab-2"]);
        assert_eq!(listed(table, JANITOR), ["gone"]);
    }

    #[test]
    fn a_name_is_free_again_when_its_holder_is_gone() {
        let first = claim(Some("names-test")).unwrap();
        assert!(living().unwrap().contains(&"names-test".to_owned()));
        let refused = claim(Some("names-test")).err().unwrap().to_string();
        assert!(refused.contains("down --name names-test"), "{refused}");
        drop(first);
        claim(Some("names-test")).unwrap();
    }
}
