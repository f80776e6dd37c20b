//! The network interface of the machine.

use std::net::{IpAddr, Ipv4Addr};

use nix::ifaddrs::getifaddrs;

/// The interface that has an address.
pub fn interface_with(address: Ipv4Addr) -> Option<String> {
    getifaddrs().ok()?.find_map(|entry| {
        let found = IpAddr::V4(entry.address?.as_sockaddr_in()?.ip());
        (found == IpAddr::V4(address)).then_some(entry.interface_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_nobody_has_no_interface() {
        assert_eq!(interface_with(Ipv4Addr::new(192, 0, 2, 77)), None);
    }
}
