//! A small DNS server for hosts where CoreDNS cannot be had. It reads the same
//! keys in etcd and answers as CoreDNS's plugin `etcd` does (contract §5), for
//! one zone, without a cache.

mod answer;
mod handler;
mod serve;
mod service;
mod store;

pub use serve::{DnsOptions, serve};
