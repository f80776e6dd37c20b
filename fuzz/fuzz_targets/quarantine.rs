#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| persys_verifier::properties::quarantine(bytes));
