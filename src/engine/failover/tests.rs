//! The rules of the manager that are pure.
