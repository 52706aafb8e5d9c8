//! Absolute paths by their text alone.

/// The shortest form of an absolute path: without `.`, `..` and double slashes.
#[must_use]
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn the_shortest_form() {
        for (path, short) in [("", "/"), ("/", "/"), ("/a//b/./c/", "/a/b/c"), ("/a/../../b", "/b"), ("a/..", "/")] {
            assert_eq!(clean(path), short, "{path}");
        }
    }
}
