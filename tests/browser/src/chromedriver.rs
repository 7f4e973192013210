//! A ChromeDriver process on a free port.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// Ends the process when dropped.
pub struct ChromeDriver {
    process: Child,
    port: u16,
}

impl ChromeDriver {
    /// Starts the one that `cargo xtask` found, or the one in `PATH`.
    pub fn start() -> Self {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let mut process = Command::new(&program)
            // It chooses a free port by itself and says which; no two tests can meet on one.
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}; try `cargo xtask test`", program.display()));
        let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let port = read_port(&mut output);
        // Whatever it says later must go somewhere, or it would wait for a reader.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Self { process, port: port.expect("ChromeDriver says on which port it was started") }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        // It may have ended by itself, which is just as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Understands `ChromeDriver was started successfully on port 43210.`
fn read_port(output: &mut impl BufRead) -> Option<u16> {
    output.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_chromedriver_says() {
        let mut output = "Starting ChromeDriver\nChromeDriver was started successfully on port 43210.\n".as_bytes();
        assert_eq!(read_port(&mut output), Some(43210));
    }
}
