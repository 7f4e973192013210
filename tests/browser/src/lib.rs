//! End-to-end tests that drive the built page through WebDriver.
