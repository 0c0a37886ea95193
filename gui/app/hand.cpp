#include "gui/app/hand.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <utility>

namespace orrery::gui {
namespace {

constexpr int kReachAgainMs = 50;

}  // namespace

Hand::Hand() {
  reaching_.setInterval(kReachAgainMs);
  QObject::connect(&reaching_, &QTimer::timeout, &reaching_, [this] {
    if (socket_.state() == QLocalSocket::UnconnectedState && QFileInfo::exists(path_)) {
      socket_.connectToServer(path_);
    }
  });
  QObject::connect(&socket_, &QLocalSocket::connected, &socket_, [this] { reaching_.stop(); });
  QObject::connect(&socket_, &QLocalSocket::readyRead, &socket_, [this] { read(); });
  QObject::connect(&socket_, &QLocalSocket::disconnected, &socket_, [this] {
    asked_.clear();
    if (on_state) on_state(std::nullopt);
  });
}

Hand::~Hand() { socket_.disconnect(); }

void Hand::reach(const QString& socket) {
  leave();
  path_ = socket;
  reaching_.start();
}

void Hand::leave() {
  reaching_.stop();
  socket_.abort();
  asked_.clear();
  choices_ = {};
}

void Hand::give(QJsonObject command, std::function<void(const QJsonObject&)> done) {
  if (!holds()) return;
  const QString tag = QString::number(++tag_);
  command.insert("tag", tag);
  asked_[tag] = {command, std::move(done)};
  socket_.write(QJsonDocument{command}.toJson(QJsonDocument::Compact) + "\n");
  socket_.flush();
}

void Hand::read() {
  while (socket_.canReadLine()) {
    take(QJsonDocument::fromJson(socket_.readLine()).object());
  }
}

void Hand::take(const QJsonObject& said) {
  if (said.contains("choices")) choices_ = read_choices(said.value("choices").toObject());
  if (said.contains("state")) {
    const QString state = said.value("state").toString();
    HandNow now;
    now.held = state == "held";
    now.steps = state == "steps";
    now.speed = said.value("speed").toDouble(1);
    now.at = Instant::at(Duration::microseconds(said.value("at").toInteger()));
    if (on_state) on_state(state == "over" ? std::nullopt : std::optional{now});
  }
  const auto asked = asked_.find(said.value("tag").toString());
  if (asked == asked_.end()) return;
  const auto [command, done] = std::exchange(asked->second, {});
  asked_.erase(asked);
  if (said.value("done") == "act") note_done(choices_, command.value("entry").toObject());
  if (done) done(said);
}

QStringList problems_of(const QJsonObject& answer) {
  QStringList lines;
  const QJsonValue refused = answer.value("refused");
  if (refused.isString()) lines << refused.toString();
  for (const QJsonValue& value : refused.toArray()) {
    const QJsonObject problem = value.toObject();
    QString line = problem.value("pointer").toString();
    if (!line.isEmpty()) line += ": ";
    line += QString{"expected %1; found %2"}.arg(problem.value("expected").toString(),
                                                 problem.value("found").toString());
    const QString hint = problem.value("hint").toString();
    if (!hint.isEmpty()) line += " (" + hint + ")";
    lines << line;
  }
  return lines;
}

bool save_session(const QString& kept, const QString& scenario, const QString& path) {
  QFile from{kept};
  if (!from.open(QIODevice::ReadOnly)) return false;
  QJsonObject session = QJsonDocument::fromJson(from.readAll()).object();
  if (session.isEmpty()) return false;
  const QDir folder = QFileInfo{path}.absoluteDir();
  session.insert("include",
                 QJsonArray{folder.relativeFilePath(QFileInfo{scenario}.absoluteFilePath())});
  // What was applied is named in full there.
  QJsonArray timeline = session.value("timeline").toArray();
  for (QJsonValueRef value : timeline) {
    QJsonObject entry = value.toObject();
    if (!entry.contains("apply")) continue;
    QJsonArray files;
    for (const QJsonValue& file : entry.value("apply").toArray()) {
      files << folder.relativeFilePath(file.toString());
    }
    entry.insert("apply", files);
    value = entry;
  }
  session.insert("timeline", timeline);
  QFile to{path};
  const QByteArray text = QJsonDocument{session}.toJson();
  return to.open(QIODevice::WriteOnly) && to.write(text) == text.size();
}

}  // namespace orrery::gui
