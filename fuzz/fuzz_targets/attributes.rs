#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| replication_lab_fuzz::attributes(data));
