use super::*;

#[tokio::test]
async fn a_log_is_read_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("etcd.log");
    std::fs::write(&path, "hello wörld\n").unwrap();
    // The second byte of the "ö" is number 8: the cut moves before the letter.
    let first = read_file(path.clone(), 0, 8).await.unwrap();
    assert_eq!((first.offset, first.next, first.size), (0, 7, 13));
    assert_eq!(first.text, "hello w");
    assert!(first.has_more());
    let second = read_file(path.clone(), first.next, 100).await.unwrap();
    assert_eq!((second.next, second.text.as_str()), (13, "örld\n"));
    assert!(!second.has_more());
    let end = read_file(path.clone(), 0, 0).await.unwrap();
    assert_eq!((end.next, end.size), (0, 13));
    let beyond = read_file(path, 99, 10).await.unwrap();
    assert_eq!((beyond.offset, beyond.next), (13, 13));
}

#[tokio::test]
async fn what_is_no_text_does_not_stop_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    std::fs::write(&path, [0xff, 0xfe, b'a', 0xc3]).unwrap();
    let chunk = read_file(path.clone(), 0, 10).await.unwrap();
    assert_eq!((chunk.next, chunk.text.as_str()), (4, "\u{fffd}\u{fffd}a\u{fffd}"));
}

#[tokio::test]
async fn half_a_letter_at_the_very_start_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    std::fs::write(&path, [0xc3]).unwrap();
    let chunk = read_file(path, 0, 10).await.unwrap();
    assert_eq!((chunk.next, chunk.text.as_str()), (1, "\u{fffd}"));
}

#[tokio::test]
async fn a_log_that_is_not_there_yet_is_empty() {
    let chunk = read_file("/nowhere/x.log".into(), 5, 10).await.unwrap();
    assert_eq!((chunk.offset, chunk.next, chunk.size), (0, 0, 0));
}

#[tokio::test]
async fn a_program_is_read_like_a_file() {
    let printing = || {
        let mut command = process::Command::new("printf");
        command.arg("0123456789");
        command
    };
    let chunk = read_output(printing(), 3, 4).await.unwrap();
    assert_eq!((chunk.offset, chunk.next, chunk.size), (3, 7, 10));
    assert_eq!(chunk.text, "3456");
    let beyond = read_output(printing(), 50, 4).await.unwrap();
    assert_eq!((beyond.offset, beyond.next, beyond.text.as_str()), (10, 10, ""));
}
