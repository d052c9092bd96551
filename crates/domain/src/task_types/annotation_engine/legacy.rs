//! old types
