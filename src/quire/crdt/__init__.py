"""The CRDT: the only package that imports pycrdt (Rust yrs, binary compatible with Yjs 13)."""
