"""Large content that never changes: pictures, snapshots, archived history."""
