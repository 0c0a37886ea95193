/// @file
/// A small recording for tests of the window: front calls cart and mail, cart calls db. Two
/// minutes; zone b goes dark at 1:00 for 30 s, and from then on every second call to db times out,
/// which fails cart and front; then all is well again. Of the two requests that are followed, both
/// over before 1:10, number 11 fails after two tries of db, number 12 succeeds with the sixth.
#pragma once

#include <QString>
#include <string>

namespace orrery::gui::test {

/// A path for the file in a folder of this process, which is gone when it ends.
std::string path_of(const char* file);

/// The path of the recording, written once.
const QString& recording_path();

/// The same, but cart has a breaker: while zone b is dark it stops three of ten calls to db, and
/// one of them is tried again; then it is half-open for two seconds. Nothing else fails.
const QString& breaker_recording_path();

/// The first, but while zone b is dark front lets two of its ten calls to mail not out.
const QString& admission_recording_path();

/// The first, but at 1:45 a policy is applied, after which calls fail as they did in the dark. At
/// 1:58 somebody gives cart three replicas by hand; a second later an autoscaler gives db four.
const QString& policy_recording_path();

/// The first, but mail consumes orders, 60 of which are published a second, and front and cart have
/// policies. While zone b is dark mail finishes half of them, thereafter half as many again; of 100
/// calls a second to db cart then tries 10 again, hedges 20 and answers 10 of itself; its breaker
/// opens at 1:01, and a host is ejected at 1:02.
const QString& topic_recording_path();

/// Likewise, but mail consumes eight topics with long names.
const QString& many_topics_recording_path();

/// Another: users find no endpoint of front for five seconds, and from a fault at 0:07 on three of
/// their ten calls to it time out.
const QString& start_recording_path();

}  // namespace orrery::gui::test
