//! The arguments of the index.

use clap::Args;
use std::path::PathBuf;

/// Whether what was found is kept, and used again.
#[derive(Debug, Clone, Default, Args)]
pub struct IndexArgs {
    /// Keep the analysis, and use it again as long as no file of the tree changes.
    #[arg(long, conflicts_with = "no_index")]
    pub index: bool,

    /// Use no analysis that was kept.
    #[arg(long)]
    pub no_index: bool,

    /// Keep analyses in this directory instead of the user's own cache.
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
}

/// Arguments of `uioscope index`.
#[derive(Debug, Args)]
pub struct KeepArgs {
    /// Audit this directory or file, and keep the analysis.
    #[arg(value_name = "TREE", required_unless_present = "clean")]
    pub tree: Option<PathBuf>,

    /// Track this field, such as `uio.uio_td`, instead of the one that the tree's struct declares.
    #[arg(long, value_name = "STRUCT.FIELD")]
    pub field: Option<String>,

    /// Use this role pack, by name or from a TOML file, instead of the one that fits the tree.
    #[arg(long, value_name = "NAME|FILE")]
    pub pack: Option<String>,

    /// Keep analyses in this directory instead of the user's own cache.
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,

    /// Remove all that was kept.
    #[arg(long, conflicts_with_all = ["tree", "field", "pack"])]
    pub clean: bool,
}
