//! What the fuzz targets started from or once found is read in every test run, without a fuzzer.

/// Hands every kept input of a target to `read`, whole and cut short anywhere, as a broken connection would.
fn corpus(target: &str, least: usize, read: &[fn(&[u8])]) {
    let corpus = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut files = 0;
    for file in std::fs::read_dir(&corpus).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for end in [bytes.len(), bytes.len() / 2, bytes.len().saturating_sub(1)] {
            read.iter().for_each(|read| read(&bytes[..end]));
        }
        files += 1;
    }
    assert!(files >= least, "only {files} files in {corpus}");
}

#[test]
fn what_directories_answered_is_read_without_a_panic() {
    corpus("wire", 8, &[dirsync::provider::google::fuzz, dirsync::provider::entra::fuzz]);
}

#[test]
fn what_clients_sent_is_read_without_a_panic() {
    corpus("scim_filter", 18, &[dirsync::scim::filter::fuzz]);
    corpus("scim_path", 10, &[dirsync::scim::filter::fuzz_path]);
    corpus("scim_patch", 9, &[dirsync::scim::patch::fuzz]);
    corpus("scim_body", 5, &[dirsync::scim::resource::fuzz]);
}
