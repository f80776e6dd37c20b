//! Files that are almost right, for property tests of their readers.

use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    sample::{Index, select},
};

/// What turns up where it should not.
const TOKENS: [&[u8]; 24] = [
    b"\0",
    b"]]>",
    b"\x1b[31m",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbf\xbe",
    b"\r",
    b"\n",
    b"\"",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"-1",
    b"1e308",
    b"0.1",
    b"null",
    b"true",
    b"18446744073709551616",
    b"</script>",
    b"&#0;",
];

#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Cut(Index),
    /// Puts a piece of the file somewhere else in it.
    Move(Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let token = prop_oneof![
        select(&TOKENS[..]).prop_map(<[u8]>::to_vec),
        vec(any::<u8>(), 1..8),
        (0_usize..200).prop_map(|depth| b"[".repeat(depth)),
    ];
    let at = any::<Index>;
    prop_oneof![
        1 => (at(), 1_u8..).prop_map(|(at, bits)| Edit::Flip(at, bits)),
        4 => (at(), token).prop_map(|(at, token)| Edit::Insert(at, token)),
        1 => (at(), 1_usize..40).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => (at(), 1_usize..60, 2_usize..50)
            .prop_map(|(at, size, times)| Edit::Repeat(at, size, times)),
        1 => at().prop_map(Edit::Cut),
        1 => (at(), at(), 1_usize..80).prop_map(|(from, to, size)| Edit::Move(from, to, size)),
    ]
}

fn apply(mut bytes: Vec<u8>, edit: &Edit) -> Vec<u8> {
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    let piece =
        |at: usize, size: usize, bytes: &[u8]| bytes[at..bytes.len().min(at + size)].to_vec();
    match edit {
        Edit::Flip(at, bits) => {
            let at = place(at, &bytes);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= bits;
            }
        }
        Edit::Insert(at, token) => {
            let at = place(at, &bytes);
            bytes.splice(at..at, token.iter().copied());
        }
        Edit::Remove(at, count) => {
            let at = place(at, &bytes);
            bytes.drain(at..bytes.len().min(at + count));
        }
        Edit::Repeat(at, size, times) => {
            let at = place(at, &bytes);
            let again = piece(at, *size, &bytes).repeat(*times);
            bytes.splice(at..at, again);
        }
        Edit::Cut(at) => bytes.truncate(place(at, &bytes)),
        Edit::Move(from, to, size) => {
            let from = place(from, &bytes);
            let moved = piece(from, *size, &bytes);
            let to = place(to, &bytes);
            bytes.splice(to..to, moved);
        }
    }
    bytes
}

/// Files like one of these, each with a few mistakes; now and then bytes like nothing.
pub fn almost(valid: &[&[u8]]) -> impl Strategy<Value = Vec<u8>> {
    let valid: Vec<Vec<u8>> = valid.iter().map(|one| one.to_vec()).collect();
    let edited =
        (select(valid), vec(edit(), 1..5)).prop_map(|(file, edits)| edits.iter().fold(file, apply));
    prop_oneof![15 => edited, 1 => vec(any::<u8>(), 0..300)]
}
