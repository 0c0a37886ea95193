#include "gui/app/options.h"

#include <QRegularExpression>

#include "gui/model/clock.h"

namespace orrery::gui {

std::vector<QString> read_options(const QStringList& arguments, Options& options) {
  std::vector<QString> problems;
  const auto wrong = [&](const QString& option, const QString& expected, const QString& found) {
    problems.push_back(QString{"%1: expected %2, found '%3'"}.arg(option, expected, found));
  };
  for (qsizetype i = 0; i < arguments.size(); ++i) {
    const QString& option = arguments[i];
    if (option == "-h" || option == "--help") {
      options.help = true;
      continue;
    }
    if (option == "--hand") {
      options.by_hand = true;
      continue;
    }
    if (option == "--reduced-motion") {
      options.reduced_motion = true;
      continue;
    }
    if (!option.startsWith("--")) {
      if (options.recording.isEmpty()) {
        options.recording = option;
      } else if (options.other.isEmpty()) {
        options.other = option;
      } else {
        problems.push_back(QString{"'%1': expected no more than two recordings"}.arg(option));
      }
      continue;
    }
    static const QStringList kOptions{
        "--sequence", "--from",   "--to",   "--every",    "--screenshot", "--at",   "--select",
        "--show",     "--filter", "--find", "--language", "--theme",      "--size", "--scale"};
    if (!kOptions.contains(option)) {
      problems.push_back(QString{"%1: there is no such option"}.arg(option));
      continue;
    }
    if (i + 1 == arguments.size()) {
      problems.push_back(QString{"%1: expected a value behind it"}.arg(option));
      continue;
    }
    const QString& value = arguments[++i];
    const auto read_time = [&] {
      const auto at = read_clock(value.toStdString());
      if (!at) wrong(option, "a time like 2:10 or 130s", value);
      return at;
    };
    if (option == "--screenshot") {
      options.screenshot = value;
    } else if (option == "--sequence") {
      options.sequence = value;
    } else if (option == "--from") {
      options.from = read_time().value_or(Instant{});
    } else if (option == "--to") {
      options.to = read_time();
    } else if (option == "--every") {
      if (const auto every = read_time()) options.every = every->since_start();
      if (options.every < Duration::milliseconds(1)) wrong(option, "1ms or more", value);
    } else if (option == "--at") {
      options.at = read_time().value_or(Instant{});
    } else if (option == "--select") {
      options.select = value;
    } else if (option == "--show") {
      const auto drawer = drawer_named(value);
      if (!drawer) wrong(option, "events, requests, limits, scenario, compare or lab", value);
      options.show = drawer.value_or(Drawer::None);
    } else if (option == "--find") {
      options.find = value;
    } else if (option == "--filter") {
      options.filter = value;
    } else if (option == "--language") {
      if (value != "en" && value != "ko") wrong(option, "en or ko", value);
      options.language = value;
    } else if (option == "--theme") {
      if (value != "dark" && value != "light") wrong(option, "dark or light", value);
      options.shade = value == "light" ? Shade::Light : Shade::Dark;
    } else if (option == "--size") {
      static const QRegularExpression kSize{R"(^(\d{3,5})x(\d{3,5})$)"};
      const QRegularExpressionMatch match = kSize.match(value);
      if (match.hasMatch()) {
        options.size = QSize{match.captured(1).toInt(), match.captured(2).toInt()};
      } else {
        wrong(option, "a width and a height like 1920x1200", value);
      }
    } else {
      bool is_number = false;
      options.scale = value.toDouble(&is_number);
      if (!is_number || options.scale < 0.5 || options.scale > 4) {
        wrong(option, "a number from 0.5 to 4", value);
      }
    }
  }
  if (options.by_hand && !options.sequence.isEmpty()) {
    problems.emplace_back("--hand: expected no --sequence beside it: a run by hand is held");
  }
  if (options.show == Drawer::Compare && options.other.isEmpty()) {
    problems.emplace_back("--show compare: expected two recordings");
  }
  if (!options.screenshot.isEmpty() && options.recording.isEmpty()) {
    problems.emplace_back("--screenshot: expected a recording to take a picture of");
  }
  if (!options.sequence.isEmpty() && options.recording.isEmpty()) {
    problems.emplace_back("--sequence: expected a recording to take pictures of");
  }
  if (!options.sequence.isEmpty() && !options.screenshot.isEmpty()) {
    problems.emplace_back("--sequence: expected no --screenshot beside it");
  }
  if (options.sequence.isEmpty()) {
    for (const char* of_sequence : {"--from", "--to", "--every"}) {
      if (!arguments.contains(of_sequence)) continue;
      problems.push_back(QString{"%1: expected --sequence beside it"}.arg(of_sequence));
    }
  }
  if (options.to && *options.to < options.from) {
    problems.emplace_back("--to: expected a time that is not before that of --from");
  }
  return problems;
}

QString usage() {
  return QStringLiteral(
      "Shows the recording of a run: how a failure spreads, stops and heals.\n"
      "Usage: orrery-gui [OPTIONS] [RECORDING [OTHER]]\n"
      "\n"
      "  RECORDING            file of orrery run --record, also while it is written; or a "
      "scenario,\n"
      "                       or the folder of a lab\n"
      "  OTHER                one to compare it with, or its scenario\n"
      "  --screenshot FILE    write a picture of the window, PNG or SVG, without a screen, and "
      "end\n"
      "  --sequence FOLDER    write pictures of a stretch of the run, 00-02-10.000.png, and end; "
      "no more\n"
      "                       than 3600\n"
      "  --from TIME          where the stretch begins (0:00)\n"
      "  --to TIME            where it ends (the end of the run)\n"
      "  --every TIME         from one picture to the next (1s)\n"
      "  --at TIME            go to this time: 2:10, 130s\n"
      "  --hand               run the scenario by hand, and hold it at the time of --at; of "
      "--select,\n"
      "                       a picture shows what can be done to it\n"
      "  --select SERVICE     show this service\n"
      "  --show DRAWER        open it: events, requests, limits, scenario,\n"
      "                       compare, lab\n"
      "  --find TEXT          open the finder on it\n"
      "  --filter WORDS       of the events: cart kind:failing after:2:00 -condition\n"
      "  --theme dark|light   (as it was last; of pictures dark)\n"
      "  --language en|ko     (as it was last; of pictures en)\n"
      "  --reduced-motion     nothing runs along edges\n"
      "  --size WxH           of the window (as it was last; of pictures 1920x1200)\n"
      "  --scale N            pixels of the picture for each of the window's (1)\n");
}

}  // namespace orrery::gui
