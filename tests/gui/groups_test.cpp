#include <gtest/gtest.h>

#include <QApplication>
#include <QMouseEvent>
#include <algorithm>

#include "gui/app/window.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

constexpr std::uint32_t kFront = 0;
constexpr std::uint32_t kCart = 1;
constexpr std::uint32_t kMail = 3;

class MessagesAndPolicies : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1600, 1000);
    ASSERT_TRUE(window_.open(test::topic_recording_path()));
    window_.take_all();
    window_.seek(Instant::at(Duration::seconds(71)));
  }
  void TearDown() override { window_.set_language("en"); }

  /// The shape with the tag after all was painted; null: there is none.
  const Shape* shape(const Canvas& canvas, const QString& tag, QRectF* where = nullptr) {
    (void)window_.picture(1);
    return canvas.find(tag, where);
  }
  Canvas& inspector() { return *window_.canvases()[3]; }
  void click(Canvas& canvas, const QString& tag) {
    QRectF where;
    ASSERT_NE(shape(canvas, tag, &where), nullptr) << tag.toStdString();
    const QPointF at = where.center();
    QMouseEvent event{QEvent::MouseButtonPress, at,
                      canvas.mapToGlobal(at),   Qt::LeftButton,
                      Qt::LeftButton,           Qt::NoModifier};
    QApplication::sendEvent(&canvas, &event);
  }
  QString says(const Canvas& canvas, const QString& tag) {
    const Shape* found = shape(canvas, tag);
    return found == nullptr ? QString{} : found->says;
  }
  QString text(const Canvas& canvas, const QString& tag) {
    const Shape* found = shape(canvas, tag);
    return found == nullptr ? QString{} : found->text;
  }

  Window window_;
};

TEST_F(MessagesAndPolicies, AConsumerShowsHowFarItIsBehindUntilItsCallsAreAskedFor) {
  window_.select(kMail);
  EXPECT_EQ(says(inspector(), "figure 0"), "Lag: 330, was 0");
  EXPECT_EQ(says(inspector(), "figure 1"), "Oldest message: 6.6 s, was –");
  EXPECT_EQ(says(inspector(), "figure 2"), "Messages finished: 30/s, was 60/s");
  click(inspector(), "inspect calls");
  EXPECT_TRUE(says(inspector(), "figure 0").startsWith("Requests: "));
  click(inspector(), "inspect 0");
  EXPECT_EQ(says(inspector(), "figure 0"), "Lag: 330, was 0");
}

TEST_F(MessagesAndPolicies, WhoFeedsATopicShowsItsCallsFirstAndThoseWhoConsumeBeside) {
  window_.select(kFront);
  EXPECT_TRUE(says(inspector(), "figure 0").startsWith("Requests: "));
  click(inspector(), "inspect 0");
  EXPECT_EQ(says(inspector(), "figure 0"), "Lag: 330, was 0");
  window_.select(kCart);
  EXPECT_EQ(shape(inspector(), "inspect 0"), nullptr) << "it has nothing to do with orders";
  EXPECT_TRUE(says(inspector(), "figure 0").startsWith("Requests: "));
}

TEST_F(MessagesAndPolicies, AScreenReaderHearsTheFiguresAndTheChoice) {
  window_.select(kMail);
  (void)window_.picture(1);
  QStringList all;
  for (const Canvas::Said& said : inspector().said()) all << said.says;
  EXPECT_TRUE(all.contains("Lag: 330, was 0")) << all.join('|').toStdString();
  EXPECT_TRUE(all.contains("orders")) << all.join('|').toStdString();
  window_.show_drawer(Drawer::Limits);
  (void)window_.picture(1);
  all.clear();
  for (const Canvas::Said& said : window_.limits().said()) all << said.says;
  EXPECT_TRUE(all.contains("Hedges: 20/s")) << all.join('|').toStdString();
  EXPECT_TRUE(all.contains("Openings: 1 so far")) << all.join('|').toStdString();
}

TEST_F(MessagesAndPolicies, TheBoardSaysWhatPoliciesOfTheSelectedCallerDidElseOfAll) {
  window_.show_drawer(Drawer::Limits);
  EXPECT_EQ(text(window_.limits(), "policies"), "What policies did");
  EXPECT_EQ(text(window_.limits(), "tries per call"), "1.15 tries per call");
  EXPECT_EQ(text(window_.limits(), "policy 3"), "20/s");
  window_.select(kFront);
  EXPECT_EQ(text(window_.limits(), "policies"), "What policies of front did");
  EXPECT_EQ(text(window_.limits(), "policy 3"), "0/s");
  window_.select(kCart);
  EXPECT_EQ(text(window_.limits(), "tries per call"), "1.30 tries per call");
  window_.select(kMail);
  EXPECT_EQ(text(window_.limits(), "policies"), "What policies did") << "it has none";
}

TEST_F(MessagesAndPolicies, OpeningsAndEjectionsAreThoseSoFar) {
  window_.show_drawer(Drawer::Limits);
  const QString ejections = "policy 6";
  EXPECT_EQ(text(window_.limits(), ejections), "1");
  window_.seek(Instant::at(Duration::seconds(61)));
  EXPECT_EQ(text(window_.limits(), ejections), "0");
  EXPECT_NE(shape(window_.limits(), "ejection"), nullptr) << "it is still to come";
}

TEST_F(MessagesAndPolicies, ACallPathSaysWhatItsPoliciesDid) {
  window_.show_drawer(Drawer::Limits);
  EXPECT_EQ(says(window_.limits(), "limit row 3"),
            "cart → db, 100/s calls, 20/s no room in the pool, 10/s again, 20/s hedged, "
            "40/s over the limit of retries, 10/s fell back, opened 1×, 1 kept out, ejected 1×");
}

TEST_F(MessagesAndPolicies, WhereThereIsNoRoomForTilesALineSaysTheSame) {
  window_.show_drawer(Drawer::Limits);
  EXPECT_EQ(shape(window_.limits(), "policy line"), nullptr);
  window_.resize(1280, 800);
  EXPECT_EQ(shape(window_.limits(), "policy 3"), nullptr);
  EXPECT_EQ(
      says(window_.limits(), "policy line"),
      "What policies did: Retries 10/s, Hedges 20/s, Fallbacks 10/s, Openings 1, Ejections 1");
  EXPECT_NE(shape(window_.limits(), "limit row 3"), nullptr) << "the table has room";
}

TEST_F(MessagesAndPolicies, NoTextIsCutInEitherLanguageAtAnySize) {
  for (const QSize size : {QSize{1920, 1200}, QSize{1600, 1000}, QSize{1280, 800}}) {
    for (const char* language : {"en", "ko"}) {
      window_.resize(size);
      window_.set_language(language);
      for (const std::uint32_t service : {kFront, kCart, kMail}) {
        window_.select(service);
        for (const Drawer drawer : {Drawer::None, Drawer::Limits}) {
          window_.show_drawer(drawer);
          (void)window_.picture(1);
          const Canvas& canvas =
              drawer == Drawer::None ? inspector() : static_cast<const Canvas&>(window_.limits());
          for (const Layer& layer : canvas.layers()) {
            for (const Shape& text : layer.list.shapes()) {
              if (text.kind != Shape::Kind::Text) continue;
              EXPECT_FALSE(text.text.contains(QChar{0x2026}))
                  << size.width() << " " << language << ": " << text.text.toStdString();
              EXPECT_LE(text.rect.bottom(), canvas.height()) << text.text.toStdString();
            }
          }
        }
      }
    }
  }
}

TEST(ManyConsumerGroups, HaveAWayToThoseForWhichThereIsNoRoom) {
  Window window;
  window.resize(1600, 1000);
  ASSERT_TRUE(window.open(test::many_topics_recording_path()));
  window.take_all();
  window.seek(Instant::at(Duration::seconds(71)));
  window.select(kMail);
  Canvas& inspector = *window.canvases()[3];
  QStringList seen;
  for (int turn = 0; turn < 12 && seen.size() < 8; ++turn) {
    (void)window.picture(1);
    const Shape* last = nullptr;
    std::vector<Layer> layers = inspector.layers();
    for (const Layer& layer : layers) {
      for (const Shape& shape : layer.list.shapes()) {
        if (!shape.tag.startsWith("inspect ") || shape.tag == "inspect calls") continue;
        EXPECT_LE(shape.rect.right(), inspector.width());
        if (!seen.contains(shape.tag)) seen << shape.tag;
        last = &shape;
      }
    }
    ASSERT_NE(last, nullptr);
    inspector.on_action(last->action);
  }
  EXPECT_EQ(seen.size(), 8);
}

}  // namespace
}  // namespace orrery::gui
