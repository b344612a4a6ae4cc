//! An audit as bytes, whole: also what the JSON document leaves out. Only for the program that wrote them: another version may
//! lay them out differently, and whoever keeps them has to know who wrote them.

use super::{AUDIT_SCHEMA, Audit, Coverage, Finding, Ledger};
use std::io;
use uioscope_source::text::{Problem, Skipped};

/// Bytes that are no stored audit.
#[derive(Debug, thiserror::Error)]
#[error("not a stored audit: {0}")]
pub struct StoredError(#[from] io::Error);

/// All members of an audit but its schema, in their order.
type Parts = (String, String, String, Option<String>, Ledger, Coverage, Vec<Finding>, Vec<Skipped>, Vec<Problem>);

/// The audit as bytes.
///
/// # Errors
/// A condition is nested more deeply than [`from_bytes`] would read.
pub fn to_bytes(audit: &Audit) -> Result<Vec<u8>, StoredError> {
    let Audit { schema: _, tree, field, pack, migrated, ledger, coverage, findings, skipped, problems } = audit;
    Ok(borsh::to_vec(&(tree, field, pack, migrated, ledger, coverage, findings, skipped, problems))?)
}

/// The audit of [`to_bytes`].
///
/// # Errors
/// These are not such bytes, or not all of them.
pub fn from_bytes(bytes: &[u8]) -> Result<Audit, StoredError> {
    let (tree, field, pack, migrated, ledger, coverage, findings, skipped, problems): Parts = borsh::from_slice(bytes)?;
    Ok(Audit { schema: AUDIT_SCHEMA, tree, field, pack, migrated, ledger, coverage, findings, skipped, problems })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, audit};
    use uioscope_source::text::SourceTree;

    #[test]
    fn what_is_stored_comes_back_whole() {
        let files = uioscope_corpus::tree().into_iter().map(|(p, b)| (p.to_owned(), b.to_vec())).collect();
        let found = audit(&SourceTree::from_memory("sample", files), &Options::default()).expect("a tree");
        let bytes = to_bytes(&found).expect("not too deep");
        assert_eq!(from_bytes(&bytes).expect("whole"), found);
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            assert!(from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(from_bytes(&[&bytes[..], b"x"].concat()).is_err());
    }
}
