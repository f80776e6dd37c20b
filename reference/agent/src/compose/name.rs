//! The name of a workload's compose project.

use sha2::{Digest, Sha256};

/// How much of an id's hash tells it from others that look the same in small letters.
const HASH_BYTES: usize = 6;

/// A workload's project: its id, where that can be a project's name (small letters, digits,
/// `-` and `_`, the first a letter or digit), else one that no other id has.
pub fn project_name(workload_id: &str) -> String {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if workload_id.bytes().all(fits) && !workload_id.starts_with(['-', '_']) {
        return workload_id.to_owned();
    }
    let plain: String = workload_id
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii() && fits(c as u8) { c } else { '-' })
        .collect();
    let hash = hex::encode(&Sha256::digest(workload_id)[..HASH_BYTES]);
    format!("p{plain}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_s_id_is_its_project_s_name_where_it_can_be() {
        let id = "3f2b8c1e-0d57-4f0e-9a57-6a1f7f0f7f11";
        assert_eq!(project_name(id), id);
    }

    #[test]
    fn other_ids_have_names_of_their_own() {
        let names: Vec<_> = ["W.1", "w.1", "W-1", "w-1", "-w-1"].map(project_name).to_vec();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{names:?}");
            assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
    }
}
