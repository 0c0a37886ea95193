#include "runner/export/export.h"

namespace orrery::exporting {

Result<Exported> export_sqlite(recording::RunReader& /*run*/, const ExportOrder& /*order*/,
                               const std::string& /*path*/) {
  return failure("this program was built without SQLite",
                 "build with ORRERY_SQLITE=ON, or choose another format");
}

}  // namespace orrery::exporting
