//! What the fuzz target started from or once found is read in every test run, without a fuzzer.

#[test]
fn the_kept_corpus_is_read_without_a_panic() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/wire");
    let mut read = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        // Cut short anywhere, as a broken connection would.
        for end in [bytes.len(), bytes.len() / 2, bytes.len().saturating_sub(1)] {
            dirsync::provider::google::fuzz(&bytes[..end]);
            dirsync::provider::entra::fuzz(&bytes[..end]);
        }
        read += 1;
    }
    assert!(read >= 8, "only {read} files in {corpus}");
}
