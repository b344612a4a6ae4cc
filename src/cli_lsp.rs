//! Arguments of `uioscope lsp`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `uioscope lsp`.
#[derive(Debug, Args)]
pub struct LspArgs {
    /// Audit this directory; without it, the folder that the editor has open.
    #[arg(value_name = "TREE")]
    pub tree: Option<PathBuf>,

    /// Track this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,
}
