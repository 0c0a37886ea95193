/// @file
/// A run in the window's hand: its socket, and what is said there.
#pragma once

#include <QJsonObject>
#include <QLocalSocket>
#include <QString>
#include <QTimer>
#include <functional>
#include <map>

#include "gui/model/deeds.h"
#include "gui/views/canvas.h"

namespace orrery::gui {

class Hand {
 public:
  Hand();
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;
  /// Nobody is told of anything any more.
  ~Hand();

  /// Reaches for the run at this socket until it is there, or leave() is called.
  void reach(const QString& socket);
  void leave();
  [[nodiscard]] bool holds() const { return socket_.state() == QLocalSocket::ConnectedState; }
  [[nodiscard]] const HandChoices& choices() const { return choices_; }

  /// `done` is told of the answer: docs/live-control.md. Requires: holds().
  void give(QJsonObject command, std::function<void(const QJsonObject& answer)> done = {});

  /// Told where the run is and what it does; of nothing when it is over or gone.
  std::function<void(std::optional<HandNow>)> on_state;

 private:
  void read();
  void take(const QJsonObject& said);

  QLocalSocket socket_;
  QString path_;
  QTimer reaching_;  ///< Until it is there.
  HandChoices choices_;
  int tag_ = 0;
  std::map<QString, std::pair<QJsonObject, std::function<void(const QJsonObject&)>>> asked_;
};

/// What is wrong with a command, each a line for people; empty: nothing.
[[nodiscard]] QStringList problems_of(const QJsonObject& answer);

/// Writes the scenario that is kept of a session (`kept`) to `path`, so that it finds `scenario`
/// and what was applied from there. False: it could not be read or written.
[[nodiscard]] bool save_session(const QString& kept, const QString& scenario, const QString& path);

}  // namespace orrery::gui
