#include <gtest/gtest.h>

#include <QApplication>
#include <QFile>
#include <QFontInfo>
#include <QKeyEvent>
#include <QSet>

#include "gui/app/window.h"
#include "gui/views/event_text.h"
#include "gui/views/why_text.h"
#include "gui/views/words.h"
#include "runner/scenario/fault.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

const Shape* shape(const Canvas& canvas, const QString& tag, std::vector<Layer>& layers) {
  layers = canvas.layers();
  for (const Layer& layer : layers) {
    if (const Shape* found = layer.list.find(tag)) return found;
  }
  return nullptr;
}

class Views : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1920, 1200);
    ASSERT_TRUE(window_.open(test::recording_path()));
    window_.take_all();
    window_.seek(Instant::at(Duration::seconds(70)));
    (void)window_.picture(1);
  }

  Window window_;
};

TEST_F(Views, ACardHasTheStateOfItsServiceAndABadgeIfTheFailureCame) {
  std::vector<Layer> layers;
  const Shape* card = shape(window_.services(), "card shop/db", layers);
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->state, State::Failing);
  EXPECT_NE(shape(window_.services(), "badge shop/db", layers), nullptr);
  const Shape* mail = shape(window_.services(), "card shop/mail", layers);
  ASSERT_NE(mail, nullptr);
  EXPECT_EQ(mail->state, State::Healthy);
  EXPECT_EQ(shape(window_.services(), "badge shop/mail", layers), nullptr);
}

TEST_F(Views, OfASelectedServiceWhoIsHurtAndWhatItNeedsIsEmphasised) {
  std::vector<Layer> layers;
  EXPECT_EQ(shape(window_.services(), "hurt 1", layers), nullptr) << "users are selected";
  window_.select(1U);
  (void)window_.picture(1);
  EXPECT_NE(shape(window_.services(), "hurt 0", layers), nullptr);
  EXPECT_NE(shape(window_.services(), "hurt 1", layers), nullptr);
  const Shape* needed = shape(window_.services(), "needed 3", layers);
  ASSERT_NE(needed, nullptr);
  EXPECT_FALSE(needed->dash.isEmpty()) << "not by its place alone";
  EXPECT_EQ(shape(window_.services(), "hurt 2", layers), nullptr)
      << "mail has nothing to do with it";
  ASSERT_NE(shape(window_.services(), "path hurt", layers), nullptr);
  EXPECT_EQ(shape(window_.services(), "path hurt", layers)->says, "Hurt with it: 1, and users");
}

TEST_F(Views, OnlyThePathIsShownIfThatIsAskedFor) {
  std::vector<Layer> layers;
  const auto press = [&] {
    QKeyEvent event{QEvent::KeyPress, Qt::Key_P, Qt::NoModifier};
    QApplication::sendEvent(&window_, &event);
  };
  press();
  EXPECT_NE(shape(window_.services(), "card shop/db", layers), nullptr);
  EXPECT_EQ(shape(window_.services(), "card shop/mail", layers), nullptr)
      << "the failure has not reached it";
  window_.select(3U);
  EXPECT_NE(shape(window_.services(), "card shop/mail", layers), nullptr);
  EXPECT_EQ(shape(window_.services(), "card shop/db", layers), nullptr);
  EXPECT_EQ(shape(window_.services(), "edge 3", layers), nullptr);
  press();
  EXPECT_NE(shape(window_.services(), "card shop/db", layers), nullptr);
}

TEST_F(Views, AnEdgeWithErrorsIsDashed) {
  std::vector<Layer> layers;
  const Shape* failing = shape(window_.services(), "edge 3", layers);
  ASSERT_NE(failing, nullptr);
  EXPECT_FALSE(failing->dash.isEmpty());
  const Shape* healthy = shape(window_.services(), "edge 2", layers);
  ASSERT_NE(healthy, nullptr);
  EXPECT_TRUE(healthy->dash.isEmpty());
}

TEST_F(Views, AFaultThatIsStillToComeIsDashed) {
  std::vector<Layer> layers;
  ASSERT_NE(shape(window_.timeline(), "fault dark", layers), nullptr);
  EXPECT_TRUE(shape(window_.timeline(), "fault dark", layers)->dash.isEmpty());
  window_.seek(Instant::at(Duration::seconds(30)));
  EXPECT_FALSE(shape(window_.timeline(), "fault dark", layers)->dash.isEmpty());
}

TEST(Timeline, WordsOfAMarkEndBeforeTheNextBeginsOrStandBeforeIt) {
  Window window;
  window.resize(1920, 1200);
  ASSERT_TRUE(window.open(test::policy_recording_path()));
  window.take_all();
  (void)window.picture(1);
  const auto says = [&](const QString& text) {
    for (const Layer& layer : window.timeline().layers()) {
      for (const Shape& shape : layer.list.shapes()) {
        if (shape.text == text) return true;
      }
    }
    return false;
  };
  QRectF shut;
  for (const Layer& layer : window.timeline().layers()) {
    for (const Shape& shape : layer.list.shapes()) {
      if (shape.text == "shut") shut = shape.rect;
    }
  }
  ASSERT_FALSE(shut.isNull());
  EXPECT_LE(shut.right(), window.timeline().x_of(Instant::at(Duration::seconds(105))) - 4)
      << "another change follows at once";
  EXPECT_TRUE(says("patience"));
  EXPECT_TRUE(says("zone b went dark"));
  EXPECT_TRUE(says("cart: 3 replicas")) << "and not hand-1, which nobody has named so";
}

void check_limit_tiles(const QString& recording, std::size_t expected) {
  Window window;
  window.resize(1600, 1000);
  ASSERT_TRUE(window.open(recording));
  window.take_all();
  window.seek(Instant::at(Duration::seconds(70)));
  window.show_drawer(Drawer::Limits);
  for (const int width : {1920, 1600, 1280}) {
    for (const char* language : {"en", "ko"}) {
      window.resize(width, 1000);
      window.set_language(language);
      (void)window.picture(1);
      std::size_t tiles = 0;
      for (const Layer& layer : window.limits().layers()) {
        for (const Shape& tile : layer.list.shapes()) {
          if (!tile.tag.startsWith("tile ")) continue;
          ++tiles;
          for (const Shape& text : layer.list.shapes()) {
            if (text.kind != Shape::Kind::Text || !tile.rect.contains(text.rect.center())) continue;
            EXPECT_FALSE(text.text.endsWith(QChar{0x2026}))
                << width << " " << language << ": " << text.text.toStdString();
          }
        }
      }
      EXPECT_EQ(tiles, expected);
    }
  }
  window.set_language("en");
}

TEST(LimitTiles, AreNeverTooNarrowForTheirNamesAndFigures) {
  check_limit_tiles(test::breaker_recording_path(), 5);
  check_limit_tiles(test::topic_recording_path(), 10);
}

TEST_F(Views, CardsThatAreLowWidenForTheirNamesAndTheInspectorKeepsItsCharts) {
  const auto card = [&](QSize size) {
    window_.resize(size);
    (void)window_.picture(1);
    QRectF where;
    EXPECT_NE(window_.services().find("card shop/cart", &where), nullptr);
    return where.size();
  };
  const QSizeF large = card({1920, 1200});
  const QSizeF small = card({1280, 640});
  EXPECT_LT(small.height(), 0.6 * large.height());
  EXPECT_GT(small.width(), 0.6 * large.width()) << "there is room to the sides";
  EXPECT_LE(small.width(), large.width());
  EXPECT_EQ(card({1920, 1200}), large);
  card({1280, 800});
  window_.seek(Instant::at(Duration::seconds(70)));
  (void)window_.picture(1);
  const Canvas& inspector = *window_.canvases()[3];
  const auto lines = [&] {
    std::size_t count = 0;
    for (const Layer& layer : inspector.layers()) {
      for (const Shape& shape : layer.list.shapes()) {
        count += shape.kind == Shape::Kind::Path && shape.rect.bottom() < inspector.height() - 8 &&
                         shape.rect.height() > 40
                     ? 1U
                     : 0U;
      }
    }
    return count;
  };
  EXPECT_GE(lines(), 3U) << "the instant in each chart";
}

TEST_F(Views, ACardSaysHowItsServiceFaresHoweverSmallTheWindow) {
  for (const QSize size : {QSize{1280, 800}, QSize{1600, 1000}, QSize{1280, 640}}) {
    for (const char* language : {"en", "ko"}) {
      window_.resize(size);
      window_.set_language(language);
      window_.seek(Instant::at(Duration::seconds(70)));
      (void)window_.picture(1);
      std::vector<QRectF> cards;
      for (const char* service : {"front", "cart", "db"}) {
        const QString full = QString{"shop/"} + service;
        QRectF card;
        ASSERT_NE(window_.services().find("card " + full, &card), nullptr);
        for (const QRectF& other : cards) EXPECT_FALSE(card.intersects(other));
        cards.push_back(card);
        QRectF value;
        const Shape* said = window_.services().find("small value " + full, &value);
        if (said == nullptr) said = window_.services().find("value " + full, &value);
        ASSERT_NE(said, nullptr) << full.toStdString() << " at " << size.width();
        EXPECT_TRUE(card.contains(value));
        EXPECT_EQ(said->text, window_.services().tr("%1 err").arg("50%"));
      }
    }
  }
  window_.set_language("en");
}

TEST_F(Views, LinesEndAtTheCardsThatWereWidened) {
  window_.resize(1280, 640);
  (void)window_.picture(1);
  QRectF front;
  QRectF cart;
  ASSERT_NE(window_.services().find("card shop/front", &front), nullptr);
  ASSERT_NE(window_.services().find("card shop/cart", &cart), nullptr);
  ASSERT_LT(front.right(), cart.left());
  for (const Layer& layer : window_.services().layers()) {
    const Shape* edge = layer.list.find("edge 1");
    if (edge == nullptr) continue;
    const QPainterPath line = layer.transform.map(edge->path);
    EXPECT_NEAR(line.elementAt(0).x, front.right(), 1.5);
    EXPECT_NEAR(line.currentPosition().x(), cart.left(), 1.5);
  }
}

TEST_F(Views, WhereTheLegendHasNoRoomWhatIsBadIsExplainedFirst) {
  window_.select(2U);
  window_.resize(1000, 800);
  (void)window_.picture(1);
  QStringList words;
  const std::vector<Layer> layers = window_.services().layers();
  for (const Shape& shape : layers.front().list.shapes()) words << shape.text;
  EXPECT_TRUE(words.contains("Failing"));
  EXPECT_FALSE(words.contains("Starting"));
}

TEST_F(Views, NoTextIsCutInEitherLanguageOrTheme) {
  window_.select(2U);
  const auto check = [&](const char* language) {
    for (const Canvas* canvas : window_.canvases()) {
      for (const Layer& layer : canvas->layers()) {
        for (const Shape& text : layer.list.shapes()) {
          if (text.kind != Shape::Kind::Text || text.wraps) continue;
          EXPECT_FALSE(text.text.endsWith(QChar{0x2026}) && text.text != "Open…" &&
                       text.text != "열기…")
              << language << ": " << text.text.toStdString();
          EXPECT_LE(width_of(text.text, text.type), text.rect.width() + 1)
              << language << ": " << text.text.toStdString();
        }
      }
    }
  };
  for (const char* language : {"en", "ko"}) {
    for (const Shade shade : {Shade::Dark, Shade::Light}) {
      for (const Drawer drawer :
           {Drawer::None, Drawer::Events, Drawer::Requests, Drawer::Limits, Drawer::Scenario}) {
        window_.set_language(language);
        window_.set_shade(shade);
        window_.show_drawer(drawer);
        (void)window_.picture(1);
        check(language);
      }
    }
  }
  window_.set_language("en");
}

TEST(Words, NeverGoBeyondTheirView) {
  Window window;
  ASSERT_TRUE(window.open(test::topic_recording_path()));
  ASSERT_TRUE(window.open_other(test::breaker_recording_path()));
  window.take_all();
  for (const QSize size : {QSize{1280, 800}, QSize{1600, 1000}}) {
    for (const char* language : {"en", "ko"}) {
      for (const Drawer drawer : {Drawer::None, Drawer::Events, Drawer::Requests, Drawer::Limits,
                                  Drawer::Scenario, Drawer::Compare}) {
        window.resize(size);
        window.set_language(language);
        window.show_drawer(drawer);
        window.seek(Instant::at(Duration::seconds(70)));
        (void)window.picture(1);
        for (const Canvas* canvas : window.canvases()) {
          for (const Layer& layer : canvas->layers()) {
            if (!layer.transform.isIdentity()) continue;
            for (const Shape& text : layer.list.shapes()) {
              if (text.kind != Shape::Kind::Text) continue;
              EXPECT_LE(text.rect.right(), canvas->width() - 8)
                  << size.width() << " " << language << ": " << text.text.toStdString();
            }
          }
        }
      }
    }
  }
  window.set_language("en");
}

TEST(Words, SayWhatEveryFaultDoesInBothLanguages) {
  Window window;
  for (int kind = 0; kind < scenario::kFaultKindCount; ++kind) {
    const std::string name = to_string(static_cast<scenario::FaultKind>(kind));
    window.set_language("en");
    const QString english = fault_text(name);
    EXPECT_NE(english, QString::fromStdString(name).replace('-', ' '));
    window.set_language("ko");
    EXPECT_NE(fault_text(name), english);
  }
  window.set_language("en");
}

TEST(Words, SayBothEndsOfWhatIsHitBetweenServices) {
  EXPECT_EQ(subject_text("Service/shop/front to Service/shop/cart"), "front → cart");
}

TEST(Korean, AChangeOfAPolicyIsSaidInWords) {
  Window window;
  const std::string detail = "patience: timeout from clients";
  EXPECT_EQ(event_detail_text("policy", detail), "patience: timeout of calls from users");
  window.set_language("ko");
  EXPECT_FALSE(event_detail_text("policy", detail).contains("calls"));
  window.set_language("en");
}

TEST(Korean, IsComplete) {
  QFile texts{ORRERY_KOREAN_TEXTS};
  ASSERT_TRUE(texts.open(QIODevice::ReadOnly));
  EXPECT_FALSE(texts.readAll().contains("unfinished"));
}

TEST_F(Views, TheLineOfTheInstantIsBrokenWhereWordsStand) {
  // A mark of the axis; the name of a fault.
  for (const int second : {20, 63}) {
    window_.seek(Instant::at(Duration::seconds(second)));
    const std::vector<Layer> layers = window_.timeline().layers();
    const Shape* cursor = nullptr;
    for (const Layer& layer : layers) {
      if (layer.list.find("cursor") != nullptr) cursor = layer.list.find("cursor");
    }
    ASSERT_NE(cursor, nullptr);
    const qreal x = cursor->rect.left();
    std::size_t crossed = 0;
    for (const Layer& layer : layers) {
      for (const Shape& text : layer.list.shapes()) {
        const bool small = text.type == Type::Mono || text.type == Type::SmallStrong;
        if (text.kind != Shape::Kind::Text || !small) continue;
        const qreal wide = width_of(text.text, text.type);
        const qreal left = text.align.testFlag(Qt::AlignHCenter) ? text.rect.center().x() - wide / 2
                                                                 : text.rect.left();
        if (x < left || x > left + wide) continue;
        ++crossed;
        for (const Layer& above : layers) {
          for (const Shape& line : above.list.shapes()) {
            if (line.kind != Shape::Kind::Path || line.stroke != window_.shown().theme->focus) {
              continue;
            }
            const qreal middle = text.rect.center().y();
            EXPECT_FALSE(line.rect.top() < middle && line.rect.bottom() > middle)
                << text.text.toStdString() << " at " << second;
          }
        }
      }
    }
    EXPECT_GE(crossed, 1U) << second;
  }
}

TEST_F(Views, SmallCardsKeepTheirNamesAndTheirPlaceInTheOrder) {
  window_.resize(1100, 700);
  (void)window_.picture(1);
  const QPointF centre = QRectF{window_.services().rect()}.center();
  QRectF card;
  ASSERT_NE(window_.services().find("card shop/front", &card), nullptr);
  window_.services().zoom(70 / card.width(), centre);
  std::vector<Layer> layers;
  const Shape* name = shape(window_.services(), "small name shop/front", layers);
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(name->text, "front");
  for (const Layer& layer : layers) {
    if (layer.list.find("small name shop/front") == nullptr) continue;
    EXPECT_TRUE(layer.transform.isIdentity()) << "it is as large as other words";
    EXPECT_NE(layer.list.find("badge shop/front"), nullptr);
  }
  window_.services().zoom(0.5, centre);
  EXPECT_EQ(shape(window_.services(), "small name shop/front", layers), nullptr)
      << "no room for a name";
}

TEST_F(Views, WordsInTheGraphAreReadableAndOnTheirCardsHoweverSmallItIs) {
  window_.resize(1600, 1000);
  for (const double wanted : {1.0, 0.85, 0.76, 0.68, 0.6, 0.5, 0.4}) {
    (void)window_.picture(1);
    const QPointF centre = QRectF{window_.services().rect()}.center();
    QRectF card;
    ASSERT_NE(window_.services().find("card shop/front", &card), nullptr);
    window_.services().zoom(172 * wanted / card.width(), centre);
    (void)window_.picture(1);
    for (const char* service : {"front", "cart", "db", "mail"}) {
      const QString full = QString{"shop/"} + service;
      QRectF name;
      ASSERT_NE(window_.services().find("card " + full, &card), nullptr);
      if (window_.services().find("name " + full, &name) != nullptr) {
        EXPECT_TRUE(card.contains(name)) << service << " at " << wanted;
        QRectF value;
        if (window_.services().find("value " + full, &value) != nullptr) {
          EXPECT_TRUE(card.contains(value)) << service << " at " << wanted;
          EXPECT_GE(value.center().y() - name.center().y(), 11) << service << " at " << wanted;
        }
        QRectF calls;
        if (window_.services().find("calls " + full, &calls) != nullptr) {
          EXPECT_TRUE(card.contains(calls)) << service << " at " << wanted;
          EXPECT_LE(calls.right(), value.left()) << service << " at " << wanted;
        }
      }
    }
    for (const Layer& layer : window_.services().layers()) {
      for (const Shape& shape : layer.list.shapes()) {
        if (shape.kind != Shape::Kind::Text || shape.type == Type::Caption) continue;
        const double pixels = font_of(shape.type).pointSizeF() * 96 / 72 * layer.transform.m11();
        EXPECT_GE(pixels, 10.99) << shape.text.toStdString() << " at " << wanted;
      }
    }
  }
}

TEST_F(Views, ALongNameStandsNotInTheLinksBesideIt) {
  window_.select(std::optional<std::uint32_t>{0});
  Canvas& inspector = *window_.canvases()[3];
  for (const int width : {500, 240}) {
    inspector.resize(width, 300);
    std::vector<Layer> layers;
    const Shape* name = shape(inspector, "inspected name", layers);
    ASSERT_NE(name, nullptr);
    EXPECT_EQ(name->text == "front", width == 500) << name->text.toStdString();
    std::vector<Layer> again;
    const Shape* link = shape(inspector, "drawer events", again);
    ASSERT_NE(link, nullptr);
    EXPECT_LE(name->rect.right(), link->rect.left() + 7) << width;
  }
}

TEST(EmptyWindow, SaysWhatStandsInTheTimeline) {
  Window window;
  window.resize(1600, 1000);
  (void)window.picture(1);
  EXPECT_NE(window.timeline().find("empty"), nullptr);
  ASSERT_TRUE(window.open(test::recording_path()));
  window.take_all();
  (void)window.picture(1);
  EXPECT_EQ(window.timeline().find("empty"), nullptr);
}

TEST_F(Views, BothThemesShowTheSameThings) {
  const auto tags = [&] {
    QStringList all;
    for (const Canvas* canvas : window_.canvases()) {
      for (const Layer& layer : canvas->layers()) {
        for (const Shape& shape : layer.list.shapes()) {
          if (!shape.tag.isEmpty()) all << shape.tag;
        }
      }
    }
    return all;
  };
  const QStringList dark = tags();
  window_.set_shade(Shade::Light);
  EXPECT_EQ(tags(), dark);
}

TEST_F(Views, TheSameInstantIsTheSamePicture) {
  const QImage before = window_.picture(1);
  window_.seek(Instant::at(Duration::seconds(20)));
  EXPECT_NE(window_.picture(1), before);
  window_.seek(Instant::at(Duration::seconds(70)));
  EXPECT_EQ(window_.picture(1), before);
}

TEST(Fonts, ShipWithTheProgram) {
  EXPECT_EQ(QFontInfo{font_of(Type::Body)}.family(), "Inter");
  EXPECT_EQ(QFontInfo{font_of(Type::Clock)}.family(), "JetBrains Mono");
  EXPECT_TRUE(QFile::exists(":/fonts/NanumSquareR.ttf"));
}

TEST(Words, NumbersAreShort) {
  EXPECT_EQ(rate_text(96), "96/s");
  EXPECT_EQ(rate_text(1840), "1.8k/s");
  EXPECT_EQ(percent_text(0.062), "6.2%");
  EXPECT_EQ(percent_text(0.884), "88%");
  EXPECT_EQ(latency_text(Duration::milliseconds(84)), "84 ms");
  EXPECT_EQ(latency_text(Duration::milliseconds(3012)), "3.0 s");
  EXPECT_EQ(clock_text(Instant::at(Duration::milliseconds(141'499))), "2:21.4");
  EXPECT_EQ(count_text(3214), "3,214");
  EXPECT_EQ(amount_text(99'999), "99,999");
  EXPECT_EQ(amount_text(120'400), "120k");
  EXPECT_EQ(amount_text(1'240'000), "1.2M");
}

}  // namespace
}  // namespace orrery::gui
