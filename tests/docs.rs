//! Documents are run: every `console` block is a command and what it prints, and fails when it is no longer true.

#[test]
fn what_documents_show_is_true() {
    trycmd::TestCases::new().case("README.md").case("docs/guide.md").run();
}
