# The window in other languages than English. Sets ORRERY_TRANSLATION_RESOURCES.
# After a text was changed: lupdate gui -locations none -no-obsolete -ts gui/translations/orrery_ko.ts
qt_add_translation(translated "${CMAKE_CURRENT_SOURCE_DIR}/translations/orrery_ko.ts"
  OPTIONS -silent)
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/translations.qrc" CONTENT
"<RCC>
  <qresource prefix=\"/translations\">
    <file>orrery_ko.qm</file>
  </qresource>
</RCC>
")
qt_add_resources(ORRERY_TRANSLATION_RESOURCES "${CMAKE_CURRENT_BINARY_DIR}/translations.qrc"
  OPTIONS --no-compress)
