//! Nasty documents.

use super::*;

fn html(text: &str) -> Vec<Embedding> {
    embedded(text, Kind::Html).unwrap()
}

fn markdown(text: &str) -> Vec<Embedding> {
    embedded(text, Kind::Markdown).unwrap()
}

fn mdx(text: &str) -> Vec<Embedding> {
    embedded(text, Kind::Mdx).unwrap()
}

/// The line of each element, its scenario, and the line of an inline scenario with its text.
fn told(list: &[Embedding]) -> Vec<String> {
    list.iter()
        .map(|one| {
            let scenario = one.attribute("scenario").and_then(|attribute| attribute.value.as_deref()).unwrap_or("-");
            let inline = one.inline.as_ref().map(|inline| format!(" {}:{:?}", inline.line, inline.text));
            let wrong: String = one.wrong.iter().map(|(line, _)| format!(" wrong:{line}")).collect();
            format!("{} {scenario}{}{wrong}", one.line, inline.unwrap_or_default())
        })
        .collect()
}

#[test]
fn attributes_have_their_own_lines_whatever_ends_a_line() {
    for end in ["\n", "\r\n"] {
        let text =
            "<p>ä\n<Replication-Lab\n  height='420'\n  SCENARIO = \"a&amp;b\" controls=full\n></replication-lab>";
        let found = html(&text.replace('\n', end));
        assert_eq!(told(&found), ["2 a&b"], "{end:?}");
        let lines: Vec<_> = found[0].attributes.iter().map(|one| (one.name.as_str(), one.line)).collect();
        assert_eq!(lines, [("height", 3), ("controls", 4), ("scenario", 4)]);
        assert_eq!(found[0].attribute("controls").unwrap().value.as_deref(), Some("full"));
    }
}

#[test]
fn what_is_no_element_embeds_nothing() {
    let text = "<!-- <replication-lab scenario=a></replication-lab> -->
<script>'<replication-lab scenario=b></replication-lab>'</script>
<textarea><replication-lab scenario=c></textarea>
&lt;replication-lab scenario=d&gt;
<a title='<replication-lab scenario=e>'></a>
<replication-labs scenario=f></replication-labs>
<x-replication-lab scenario=g></x-replication-lab>
<replication-lab scenario=h></replication-lab>";
    assert_eq!(told(&html(text)), ["8 h"]);
}

#[test]
fn an_inline_scenario_is_not_read_as_html() {
    let text = "<replication-lab>
<p>fallback</p><script src=x.js></script>
<script type=\"application/toml\">
title = \"<b> &amp; <!-- \"
</script></replication-lab>
<script type=\"application/toml\">other = 1</script>";
    assert_eq!(told(&html(text)), ["1 - 3:\"\\ntitle = \\\"<b> &amp; <!-- \\\"\\n\""]);
    let inline = html(text)[0].inline.clone().unwrap();
    assert_eq!(inline.in_place().lines().nth(3), Some("title = \"<b> &amp; <!-- \""));
}

#[test]
fn what_is_not_closed_is_told_at_its_line() {
    assert_eq!(told(&html("\n<replication-lab scenario=a>\n<p>more")), ["2 a wrong:2"]);
    assert_eq!(
        told(&html("<replication-lab scenario=a />\n<replication-lab scenario=b></replication-lab>")),
        ["1 a wrong:1", "2 b"]
    );
    assert_eq!(told(&html("<replication-lab><script type=application/json>{}")), ["1 - wrong:1"]);
    // The document ends within the tag: a browser makes no element of it.
    assert_eq!(told(&html("<replication-lab scenario=a")), Vec::<String>::new());
    assert_eq!(told(&markdown("<replication-lab scenario=\"a\">\n\ntext")), ["1 a wrong:1"]);
    // It may be MDX all the same.
    assert_eq!(told(&markdown("<replication-lab scenario=\"a\" />\n\ntext")), ["1 a"]);
}

#[test]
fn code_in_markdown_embeds_nothing() {
    let text = "---
title: <replication-lab scenario=\"0\"></replication-lab>
---
`<replication-lab scenario=\"1\"></replication-lab>`

````html
```
<replication-lab scenario=\"2\"></replication-lab>
```
<replication-lab scenario=\"3\"></replication-lab>
````

~~~
<replication-lab scenario=\"4\"></replication-lab>

    <replication-lab scenario=\"5\"></replication-lab>
~~~

    <replication-lab scenario=\"6\"></replication-lab>

\\<replication-lab scenario=\"7\"></replication-lab>

<!--

<replication-lab scenario=\"8\"></replication-lab>

-->

`<script>{` and `` <script type=\"application/toml\">{`8`}</script> ``

text <replication-lab scenario=\"9\"></replication-lab> text
";
    assert_eq!(told(&markdown(text)), ["31 9"]);
}

#[test]
fn markdown_in_quotations_and_lists() {
    for end in ["\n", "\r\n"] {
        let text = "> text
> <replication-lab scenario=\"a\"
>    height=\"300\"></replication-lab>
>
> - item
>
>   <replication-lab>
>
>   <script type=\"application/toml\">
>   [[node]]
>
>   name = \"db1\"
>   </script>
>
>   </replication-lab>
";
        let found = markdown(&text.replace('\n', end));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(told(&found[..1]), ["2 a"]);
        assert_eq!((found[0].attribute("height").unwrap().line, found[0].attributes.len()), (3, 2));
        let inline = found[1].inline.clone().unwrap();
        assert_eq!((found[1].line, inline.line, found[1].wrong.len()), (7, 9, 0));
        let lines: Vec<_> = inline.text.split('\n').map(str::trim).collect();
        assert_eq!(lines, ["", "[[node]]", "", "name = \"db1\"", ""]);
    }
}

#[test]
fn a_blank_line_that_ends_the_html_is_found() {
    let text = "<replication-lab>\n<script type=\"application/toml\">\ntitle = \"a\"\n\n[[node]]\nname = \"db1\"\n</script>\n</replication-lab>\n";
    let found = markdown(text);
    assert_eq!(told(&found)[0].split(' ').next_back(), Some("wrong:5"));
    // With a blank line before the script, it is a block of its own up to its end.
    let text = text.replace("<replication-lab>\n", "<replication-lab>\n\n");
    assert_eq!(told(&markdown(&text)), ["1 - 3:\"\\ntitle = \\\"a\\\"\\n\\n[[node]]\\nname = \\\"db1\\\"\\n\""]);
}

#[test]
fn mdx_has_elements_as_jsx() {
    let text = "import X from 'x';

export const a = {
  b: 1,

  c: '}',
};

# Title {1 + 1}

{/* <replication-lab scenario=\"comment\" /> */}

<replication-lab
  scenario='one'
  height={420}
  theme={`dark`}
  seed={props.seed} />

Text with <replication-lab scenario={\"two\"}></replication-lab> in it, `<replication-lab scenario=\"code\" />`.

<div>
  <ReplicationLab scenario=\"three\" {...more} />
</div>

<replication-lab controls=\"full\">
  <script type=\"application/toml\">{`
title = \"a \\`b\\`\"

[[node]]
name = \"db1\"
`}</script>
</replication-lab>

<replication-lab>
  <script type=\"application/json\" dangerouslySetInnerHTML={{ __html: `{\"node\": []}` }} />
</replication-lab>
";
    for kind in [Kind::Mdx, Kind::Markdown] {
        let found = embedded(text, kind).unwrap();
        assert_eq!(
            told(&found),
            [
                "13 one",
                "19 two",
                "22 three",
                "25 - 26:\"\\ntitle = \\\"a `b`\\\"\\n\\n[[node]]\\nname = \\\"db1\\\"\\n\"",
                "34 - 35:\"{\\\"node\\\": []}\"",
            ]
        );
        let values: Vec<_> = found[0].attributes.iter().map(|one| (one.value.as_deref(), one.line)).collect();
        assert_eq!(values, [(Some("one"), 14), (Some("420"), 15), (Some("dark"), 16), (None, 17)]);
    }
}

#[test]
fn what_mdx_cannot_be_has_its_line() {
    // That an element has no end shows at the document's; where it began is said.
    let (line, why) = embedded("a\n\n<replication-lab scenario=\"x\">\n\ntext", Kind::Mdx).unwrap_err();
    assert!(line == 5 && why.contains("<replication-lab>") && why.contains("3:1"), "{line}: {why}");
    assert_eq!(embedded("a\n\n<replication-lab scenario=>\n\ntext", Kind::Mdx).map_err(|(line, _)| line), Err(3));
    assert_eq!(
        told(&mdx("<replication-lab>\n<script type=\"application/toml\">\ntitle = 1\n</script>\n</replication-lab>")),
        ["1 - wrong:2"]
    );
    assert_eq!(
        told(&mdx("<replication-lab><script type=\"application/toml\">{text}</script></replication-lab>")),
        ["1 - wrong:1"]
    );
}

#[test]
fn large_and_hostile_documents_end_soon() {
    let one = "Some *text* with `code`.\n\n<replication-lab scenario=\"a\"></replication-lab>\n\n";
    assert_eq!(markdown(&one.repeat(20_000)).len(), 20_000);
    assert_eq!(html(&one.repeat(20_000)).len(), 20_000);
    for nasty in ["> ", "[", "<a ", "`", "<!--", "*a ", "<replication-lab ", "<script>", "&", "- ", "{", "\0"] {
        let text = format!("<replication-lab scenario=\"a\"></replication-lab>\n\n{}", nasty.repeat(20_000));
        for kind in [Kind::Html, Kind::Markdown] {
            assert!(embedded(&text, kind).is_ok_and(|found| !found.is_empty()), "{nasty:?}");
        }
    }
    let levels: String = (0..500).map(|level| format!("{}- a\n", " ".repeat(level * 2))).collect();
    assert_eq!(markdown(&format!("{levels}\n\n<replication-lab scenario=\"a\"></replication-lab>")).len(), 1);
}

#[test]
fn only_files_that_name_the_element_are_read() {
    assert!(mentions(b"x <REPLICATION-lab>") && mentions(b"<ReplicationLab/>") && !mentions(b"replication lab"));
    assert!(!mentions(b"") && !mentions(&[0xff; 3]));
    assert_eq!(Kind::of(Path::new("a/B.MDX")), Some(Kind::Mdx));
    assert_eq!(Kind::of(Path::new("a.toml")), None);
}
