#include "runner/scenario/document.h"

#include <gtest/gtest.h>

namespace orrery::scenario {
namespace {

Document json(const std::string& text) { return read_document(text, "a.json", Syntax::Json); }
Document yaml(const std::string& text) { return read_document(text, "a.yaml", Syntax::Yaml); }

/// Types, keys, texts and pointers, without lines.
std::string outline(const Value& value) {
  std::string text = value.where.pointer + "=" + std::to_string(static_cast<int>(value.type)) +
                     value.key + value.text + "\n";
  for (const Value& child : value.children) text += outline(child);
  return text;
}

TEST(ReadDocument, GivesOneTreeForJsonAndYaml) {
  const Document a = json(R"({"n": 1.5, "t": "1.5", "list": [true, null, {"a/b": "x"}]})");
  const Document b = yaml("n: 1.5\nt: '1.5'\nlist:\n  - true\n  - ~\n  - a/b: x\n");
  ASSERT_TRUE(a.root && b.root);
  EXPECT_EQ(outline(*a.root), outline(*b.root));
}

TEST(ReadDocument, KnowsTheLineOfEveryKey) {
  const Document a = json("{\n  // a comment\n  \"a\": 1\n,\n  \"b\": {\n    \"c\": [\n 2]}}\n");
  ASSERT_TRUE(a.root);
  EXPECT_EQ(a.root->find("a")->where.line, 3);
  EXPECT_EQ(a.root->find("b")->where.line, 5);
  EXPECT_EQ(a.root->find("b")->find("c")->where.line, 6);
  EXPECT_EQ(a.root->find("b")->find("c")->children[0].where.pointer, "/b/c/0");
  const Document b = yaml("# a comment\na: 1\nb:\n  c:\n    - 2\n");
  ASSERT_TRUE(b.root);
  EXPECT_EQ(b.root->find("a")->where.line, 2);
  EXPECT_EQ(b.root->find("b")->find("c")->where.line, 4);
}

TEST(ReadDocument, LooksOverCommentsButNotInsideText) {
  const Document document = json("/* a\n */ {\"a\": \"// b\", // \"c\n\"d\": \"\\\"/*\"}");
  ASSERT_TRUE(document.root);
  EXPECT_EQ(document.root->find("a")->text, "// b");
  EXPECT_EQ(document.root->find("d")->text, "\"/*");
  EXPECT_EQ(document.root->find("d")->where.line, 3);
  EXPECT_FALSE(json("{} /* without end").root);
  EXPECT_FALSE(json("{} /").root);
}

TEST(ReadDocument, SaysWhereTextIsBroken) {
  for (const Document& document : {json("{\n\"a\": 1,\n}"), yaml("a: 1\nb: [1,\n")}) {
    EXPECT_FALSE(document.root);
    ASSERT_EQ(document.problems.size(), 1U);
    EXPECT_GE(document.problems[0].where.line, 2);
  }
}

TEST(ReadDocument, ReportsAKeyThatStandsTwice) {
  EXPECT_EQ(json(R"({"a": 1, "a": 2})").problems.size(), 1U);
  EXPECT_EQ(yaml("a: 1\na: 2\n").problems.size(), 1U);
}

TEST(ReadDocument, RefusesWhatIsTooDeepTooManyOrTooLong) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int copy = 1; copy < 10; ++copy) bomb += ", " + below;
    bomb += "]\n";
  }
  std::string many = "[0";
  for (int index = 0; index < 200'001; ++index) many += ",0";
  for (const Document& document :
       {json(std::string(65, '[') + std::string(65, ']')), json(std::string(100'000, '[')),
        yaml(std::string(65, '[') + std::string(65, ']')), yaml(std::string(100'000, '[')),
        yaml(bomb), json(many + "]"), json(std::string((4U << 20) + 1, ' '))}) {
    EXPECT_FALSE(document.root);
    EXPECT_FALSE(document.problems.empty());
  }
  EXPECT_TRUE(json(std::string(64, '[') + std::string(64, ']')).root);
  EXPECT_TRUE(yaml(std::string(64, '[') + std::string(64, ']')).root);
}

TEST(ReadDocument, NeverGivesATreeForRubbish) {
  const std::string good = R"({"a": [1, "b", {"c": null}], "d": 1.5e3})";
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(json(good.substr(0, length)).root) << length;
  }
  EXPECT_FALSE(json("{\"a\": \"\xff\"}").root);
  EXPECT_FALSE(json("{\"a\": 1e999}").root);
  EXPECT_FALSE(yaml("a: *nowhere\n").root);
  EXPECT_FALSE(yaml("a: 1\n---\nb: 2\n").root);
}

TEST(Replace, PutsScalarsWhereThePointerLeads) {
  Document document = json(R"({"a": {"b/c": 1}, "list": [1, 2]})");
  ASSERT_TRUE(document.root);
  EXPECT_TRUE(replace(*document.root, "/a/b~1c", "1..20"));
  EXPECT_TRUE(replace(*document.root, "/list/1", "7"));
  EXPECT_TRUE(replace(*document.root, "/a/new", "true"));
  EXPECT_EQ(document.root->find("a")->find("b/c")->text, "1..20");
  EXPECT_EQ(document.root->find("a")->find("b/c")->key, "b/c");
  EXPECT_EQ(document.root->find("list")->children[1].text, "7");
  EXPECT_EQ(document.root->find("a")->find("new")->type, Value::Type::Boolean);
  // What is missing on the way is made, and so is the item after the last.
  EXPECT_TRUE(replace(*document.root, "/x/y", "1"));
  EXPECT_TRUE(replace(*document.root, "/list/2", "8"));
  EXPECT_TRUE(replace(*document.root, "/list/-", "9"));
  EXPECT_EQ(document.root->find("x")->find("y")->text, "1");
  EXPECT_EQ(document.root->find("list")->children[3].text, "9");
  for (const char* pointer : {"", "a", "/list/9", "/list/x", "/a/b~1c/d"}) {
    EXPECT_FALSE(replace(*document.root, pointer, "1")) << pointer;
  }
}

}  // namespace
}  // namespace orrery::scenario
